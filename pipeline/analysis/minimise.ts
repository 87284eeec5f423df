// Where a function of one variable is smallest: golden section and parabolas (Brent 1973), stopping as R's optimize does.

export interface Bracket {
  readonly lower: number;
  readonly upper: number;
  /** Wanted accuracy of the place. */
  readonly tolerance: number;
}

const golden = (3 - Math.sqrt(5)) / 2;
const roundoff = Math.sqrt(Number.EPSILON);

export function minimise(f: (x: number) => number, {lower, upper, tolerance}: Bracket): number {
  let [a, b] = [lower, upper];
  let best = a + golden * (b - a);
  let [second, third] = [best, best];
  let fBest = f(best);
  let [fSecond, fThird] = [fBest, fBest];
  let [step, stepBefore] = [0, 0];
  for (;;) {
    const middle = (a + b) / 2;
    const near = roundoff * Math.abs(best) + tolerance / 3;
    if (Math.abs(best - middle) <= near * 2 - (b - a) / 2) return best;
    let [p, q, r] = [0, 0, 0];
    if (Math.abs(stepBefore) > near) {
      r = (best - second) * (fBest - fThird);
      q = (best - third) * (fBest - fSecond);
      p = (best - third) * q - (best - second) * r;
      q = (q - r) * 2;
      if (q > 0) p = -p;
      else q = -q;
      r = stepBefore;
      stepBefore = step;
    }
    if (Math.abs(p) >= Math.abs(q * 0.5 * r) || p <= q * (a - best) || p >= q * (b - best)) {
      stepBefore = best < middle ? b - best : a - best;
      step = golden * stepBefore;
    } else {
      step = p / q;
      const next = best + step;
      if (next - a < near * 2 || b - next < near * 2) step = best >= middle ? -near : near;
    }
    const x = best + (Math.abs(step) >= near ? step : step > 0 ? near : -near);
    const fx = f(x);
    if (fx <= fBest) {
      if (x < best) b = best;
      else a = best;
      [third, fThird, second, fSecond, best, fBest] = [second, fSecond, best, fBest, x, fx];
      continue;
    }
    if (x < best) a = x;
    else b = x;
    if (fx <= fSecond || second === best) [third, fThird, second, fSecond] = [second, fSecond, x, fx];
    else if (fx <= fThird || third === best || third === second) [third, fThird] = [x, fx];
  }
}
