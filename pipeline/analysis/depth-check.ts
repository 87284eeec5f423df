// Does a cell type's sequencing depth differ between the two sides of a contrast, and to what depth is each sample thinned if so?
// Without it a null programme is called wherever one side was sequenced deeper (a rank score rises with the genes detected).
import {median} from './arithmetic.ts';
import type {SamplePair} from './contrast-pairs.ts';

export interface DepthCheck {
  /** Medians over the complete pairs' samples of the median counts a cell; null without a pair. */
  readonly medianCountsBefore: number | null;
  readonly medianCountsAfter: number | null;
  /** Geometric mean over the pairs of after / before; null without a pair. */
  readonly ratio: number | null;
  /** max(ratio, 1 / ratio) is above the limit: `main` is computed on thinned counts, in every pair. */
  readonly isThinned: boolean;
  /** sample_id -> probability that a UMI is kept, 0..1; 1 for the shallower sample of a pair. Empty where nothing is thinned. */
  readonly keepProbability: ReadonlyMap<string, number>;
}

/**
 * `countsOfSample`: sample_id -> UMI counts of its cells of this type (at least one cell each, more than 0 in the median).
 * `pairs`: the pairs complete in this cell type. `maxRatio` > 1.
 */
export function checkDepth(countsOfSample: ReadonlyMap<string, readonly number[]>, pairs: readonly SamplePair[], maxRatio: number): DepthCheck {
  if (pairs.length === 0) return {medianCountsBefore: null, medianCountsAfter: null, ratio: null, isThinned: false, keepProbability: new Map()};
  const depth = (sample: string): number => {
    const counts = countsOfSample.get(sample);
    if (counts === undefined || counts.length === 0) throw new Error(`no cells of sample ${sample} in a complete pair`);
    return median(counts);
  };
  const depths = pairs.map((pair) => ({...pair, depthBefore: depth(pair.before), depthAfter: depth(pair.after)}));
  const ratio = Math.exp(depths.reduce((sum, pair) => sum + Math.log(pair.depthAfter / pair.depthBefore), 0) / depths.length);
  const isThinned = Math.max(ratio, 1 / ratio) > maxRatio;
  const keepProbability = new Map<string, number>();
  if (isThinned) {
    for (const {before, after, depthBefore, depthAfter} of depths) {
      const target = Math.min(depthBefore, depthAfter);
      keepProbability.set(before, target / depthBefore);
      keepProbability.set(after, target / depthAfter);
    }
  }
  return {
    medianCountsBefore: median(depths.map((pair) => pair.depthBefore)),
    medianCountsAfter: median(depths.map((pair) => pair.depthAfter)),
    ratio,
    isThinned,
    keepProbability,
  };
}
