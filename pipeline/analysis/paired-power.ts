// What a paired t test with n patients could have seen, and from how many patients on an exact test can reach a level at all.
import tQuantile from '@stdlib/stats-base-dists-t-quantile';
import {noncentralTCdf} from './paired-intervals.ts';

/** Chance that a two-sided paired t test with n pairs calls a standardised difference dz (mean / sd of the differences). */
export function pairedPower(n: number, dz: number, level = 0.05): number {
  const critical = tQuantile(1 - level / 2, n - 1);
  const noncentrality = dz * Math.sqrt(n);
  return 1 - noncentralTCdf(critical, n - 1, noncentrality) + noncentralTCdf(-critical, n - 1, noncentrality);
}

/** Smallest |dz| that is called with chance `power`; null below 2 pairs. */
export function detectableDz(n: number, power = 0.8, level = 0.05): number | null {
  if (n < 2) return null;
  let [low, high] = [0, 36 / Math.sqrt(n)];
  if (pairedPower(n, high, level) < power) return null;
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    if (pairedPower(n, middle, level) < power) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Smallest two-sided p of the exact Wilcoxon and sign-flip tests with n non-zero differences: 2 / 2^n, reached when all have one sign. */
export function smallestExactP(n: number): number {
  return Math.min(1, 2 / 2 ** n);
}

/** How many of m tests must sit on the floor for Benjamini and Hochberg to call any of them; null where even all do not suffice. */
export function testsNeededOnFloor(n: number, m: number, level = 0.05): number | null {
  const needed = Math.max(1, Math.ceil((smallestExactP(n) * m) / level - 1e-9));
  return needed <= m ? needed : null;
}

/** What n pairs can and cannot show, for the report. `nTests`: p values of the declared family, where there is one. */
export function powerSentence(n: number, nTests = 0): string {
  if (n < 2) return `With ${n} complete ${n === 1 ? 'pair' : 'pairs'} no paired test can be made.`;
  const dz = detectableDz(n);
  const floor = smallestExactP(n);
  const seen = dz === null ? `With ${n} complete pairs a paired t test sees no difference with 80 % power.`
    : `With ${n} complete pairs a paired t test at 0.05 sees a mean change of ${dz.toFixed(2)} standard deviations of the patients' changes with 80 % power.`;
  const exact = `The exact Wilcoxon and sign-flip tests cannot give a p below ${Number(floor.toPrecision(3))}`;
  if (floor > 0.05) return `${seen} ${exact}, so they cannot reach 0.05.`;
  const needed = testsNeededOnFloor(n, nTests);
  return `${seen} ${exact}${nTests < 2 || needed === null ? '' : `; of the family's ${nTests} tests ${needed} must sit there before Benjamini and Hochberg call any`}.`;
}
