// The generators of R (3.6 and later) and of NumPy's legacy interface, word for word: published scores whose control genes were drawn with
// them can be drawn again. Never used for anything of our own (that is random.ts).
import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';

/** Draws as R's defaults do (Mersenne-Twister, Inversion, Rejection). */
export interface RGenerator {
  /** runif(1). */
  uniform(): number;
  /** rnorm(1), by inversion: takes two uniforms. */
  normal(): number;
  /** sample.int(n, size) - 1: places 0..n-1, without replacement. */
  sample(n: number, size: number): number[];
}

/** set.seed(seed). */
export function rGenerator(seed: number): RGenerator {
  const step = (value: number): number => (Math.imul(69069, value) + 1) >>> 0;
  let value = seed >>> 0;
  // 50 scrambles, then the word that holds the position, then the state.
  for (let i = 0; i < 51; i++) value = step(value);
  const state = new Uint32Array(624);
  for (let i = 0; i < 624; i++) state[i] = value = step(value);
  const {word} = wordsOf(state);
  const uniform = (): number => Math.min(Math.max(word() * 2.3283064365386963e-10, 0.5 * 2.328306437080797e-10), 1 - 0.5 * 2.328306437080797e-10);
  const below = (n: number): number => {
    const bits = Math.ceil(Math.log2(n));
    for (;;) {
      let drawn = 0;
      // 16 bits at a time until more than enough; a value beyond n is thrown away.
      for (let got = 0; got <= bits; got += 16) drawn = 65536 * drawn + Math.floor(uniform() * 65536);
      drawn %= 2 ** bits;
      if (drawn < n) return drawn;
    }
  };
  return {
    uniform,
    normal: () => {
      const high = Math.floor(134217728 * uniform());
      return normalQuantile((high + uniform()) / 134217728, 0, 1);
    },
    sample: (n, size) => {
      const pool = upwards(n);
      return Array.from({length: size}, (_, drawn) => {
        const at = below(n - drawn);
        const taken = pool[at];
        pool[at] = pool[n - drawn - 1];
        return taken;
      });
    },
  };
}

export interface NumpyGenerator {
  /** The next 32 bits. */
  word(): number;
  /** np.random.permutation(n). The first k of it are what pandas' Series.sample(k) takes. */
  permutation(n: number): Uint32Array;
  /** Another generator that goes on from here. */
  fork(): NumpyGenerator;
}

/** np.random.seed(seed) with a whole number of 32 bits. */
export function numpyGenerator(seed: number): NumpyGenerator {
  const state = new Uint32Array(624);
  state[0] = seed;
  for (let i = 1; i < 624; i++) state[i] = Math.imul(1812433253, state[i - 1] ^ (state[i - 1] >>> 30)) + i;
  return numpyDraws(wordsOf(state));
}

function numpyDraws({word, fork}: Words): NumpyGenerator {
  const upTo = (top: number): number => {
    const mask = 2 ** (32 - Math.clz32(top)) - 1;
    for (;;) {
      const drawn = (word() & mask) >>> 0;
      if (drawn <= top) return drawn;
    }
  };
  return {
    word,
    permutation: (n) => {
      const order = upwards(n);
      for (let last = n - 1; last > 0; last--) {
        const other = upTo(last);
        [order[last], order[other]] = [order[other], order[last]];
      }
      return order;
    },
    fork: () => numpyDraws(fork()),
  };
}

function upwards(n: number): Uint32Array {
  const all = new Uint32Array(n);
  for (let i = 0; i < n; i++) all[i] = i;
  return all;
}

interface Words {
  readonly word: () => number;
  readonly fork: () => Words;
}

/** Tempered words of MT19937 (Matsumoto and Nishimura 1998) from a state of which `at` words are used. */
function wordsOf(state: Uint32Array, at = 624): Words {
  const word = (): number => {
    if (at === 624) {
      for (let i = 0; i < 624; i++) {
        const y = (state[i] & 0x80000000) | (state[(i + 1) % 624] & 0x7fffffff);
        state[i] = state[(i + 397) % 624] ^ (y >>> 1) ^ ((y & 1) === 1 ? 0x9908b0df : 0);
      }
      at = 0;
    }
    let y = state[at++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  };
  return {word, fork: () => wordsOf(state.slice(), at)};
}
