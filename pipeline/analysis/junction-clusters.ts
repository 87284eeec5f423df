// Clusters of junctions of one length by Hamming distance / length. It must not know genes or cells.
import {FormatProblem} from '../base/format-problem.ts';
import {agglomerate} from './agglomerate.ts';
import {disjointSets} from './disjoint-sets.ts';
import {eachNearPair, hammingDistance} from './near-sequences.ts';

export type Linkage = 'single' | 'complete' | 'average';

/** 8 bytes a pair: 288 MB. */
const mostJunctions = 6000;

/**
 * Cluster number of each junction, the smallest index of its members. `single`: links of distance / length <= threshold chain. `complete` and
 * `average`: hierarchical clustering cut at the threshold. Distinct junctions of one length, upper case; ties depend on their order.
 */
export function clusterJunctions(junctions: readonly string[], threshold: number, linkage: Linkage): number[] {
  const sets = disjointSets(junctions.length);
  const length = junctions[0]?.length ?? 0;
  eachNearPair(junctions, {maxDistance: largestDistance(length, threshold), metric: 'hamming', isSettled: sets.areJoined, visit: sets.join});
  const components = junctions.map((_, index) => sets.rootOf(index));
  if (linkage === 'single') return components;
  // Neither linkage joins what single linkage at the same height leaves apart, so each component is clustered by itself.
  const clusters = [...components];
  for (const own of Map.groupBy(components.keys(), (index) => components[index]).values()) {
    if (own.length > mostJunctions) {
      throw new FormatProblem('linkage', {
        found: `${own.length} different heavy-chain junctions within ${threshold} of each other`, expected: `at most ${mostJunctions} for ${linkage} linkage, which needs all their distances`, advice: 'Use single linkage, or a smaller threshold.',
      });
    }
    const distances = own.map((a) => Float64Array.from(own, (b) => hammingDistance(junctions[a], junctions[b]) / length));
    for (const [at, cluster] of agglomerate(distances, linkage, threshold).entries()) clusters[own[at]] = own[cluster];
  }
  return clusters;
}

/** d / length <= threshold, not d <= threshold * length: 0.15 * 20 is below 3 in some roundings, 3 / 20 is 0.15. */
export function largestDistance(length: number, threshold: number): number {
  let distance = 0;
  while (distance < length && (distance + 1) / length <= threshold) distance++;
  return distance;
}
