// Draws of cells from given shares, seeded. Shares in, counts out.
import type {Random} from '../base/random.ts';

/** Counts of n cells over the classes; `shares` need not sum to 1. */
export function drawMultinomial(shares: readonly number[], n: number, random: Random): number[] {
  const upTo = new Float64Array(shares.length);
  let total = 0;
  for (const [k, share] of shares.entries()) upTo[k] = total += share;
  // A guide (Chen and Asau 1974): the class where each of as many equal steps begins, so that a draw looks at few classes.
  const guide = new Int32Array(shares.length);
  for (let step = 0, k = 0; step < guide.length; step++) {
    while (k < shares.length - 1 && upTo[k] <= (step / guide.length) * total) k++;
    guide[step] = k;
  }
  const counts = new Array<number>(shares.length).fill(0);
  for (let cell = 0; cell < n; cell++) {
    const place = random.uniform();
    let k = guide[Math.floor(place * guide.length)];
    while (k < shares.length - 1 && upTo[k] <= place * total) k++;
    counts[k]++;
  }
  return counts;
}
