// A seeded generator (sfc32, Chris Doty-Humphrey's PractRand) that is handed to whoever needs chance. Streams come from
// (seed, name), never from a shared generator, so that no result depends on the order of jobs.
import {createHash} from 'node:crypto';

export interface Random {
  /** Uniform in [0, 1), 32 bits. */
  uniform(): number;
  /** Uniform integer in 0..n-1. */
  integer(n: number): number;
  /** Standard normal (polar method). */
  normal(): number;
}

export function randomStream(seed: number, name: string): Random {
  const bytes = createHash('sha256').update(`${seed}\0${name}`).digest();
  let a = bytes.readUInt32LE(0) | 0;
  let b = bytes.readUInt32LE(4) | 0;
  let c = bytes.readUInt32LE(8) | 0;
  let counter = 1;
  let spare: number | undefined;
  const uniform = (): number => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return (t >>> 0) / 4294967296;
  };
  for (let i = 0; i < 12; i++) uniform();
  return {
    uniform,
    integer: (n) => Math.floor(uniform() * n),
    normal: () => {
      if (spare !== undefined) {
        const value = spare;
        spare = undefined;
        return value;
      }
      for (;;) {
        const u = 2 * uniform() - 1;
        const v = 2 * uniform() - 1;
        const s = u * u + v * v;
        if (s > 0 && s < 1) {
          const factor = Math.sqrt((-2 * Math.log(s)) / s);
          spare = v * factor;
          return u * factor;
        }
      }
    },
  };
}
