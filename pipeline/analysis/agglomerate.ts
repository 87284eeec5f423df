// Hierarchical clustering of few items by complete or average linkage, cut at a height. Distances in, cluster numbers out.
import {disjointSets} from './disjoint-sets.ts';

/**
 * The nearest-neighbour chain (Benzécri 1982; Müllner 2011): both linkages are reducible, so the merges are those of the textbook algorithm in
 * quadratic time. Ties go to the partner before, then to the lower index, as in scipy, whose partitions hang on it. Items joined at a height
 * <= `height` share a number: the smallest of their indices. The distances are overwritten: for thousands of items a second copy would be too much.
 */
export function agglomerate(d: readonly Float64Array[], linkage: 'complete' | 'average', height: number): number[] {
  const n = d.length;
  const sizes = new Int32Array(n).fill(1);
  const members = Array.from({length: n}, (_, index) => index);
  const sets = disjointSets(n);
  const chain: number[] = [];
  for (let merge = 0; merge < n - 1; merge++) {
    if (chain.length === 0) chain.push(sizes.findIndex((size) => size > 0));
    let [x, y] = followChain(chain, d, sizes);
    chain.length -= 2;
    if (x > y) [x, y] = [y, x];
    // Heights never fall along a branch, so every merge below the cut may be made as it comes.
    if (d[x][y] <= height) sets.join(members[x], members[y]);
    for (let i = 0; i < n; i++) {
      if (sizes[i] === 0 || i === x || i === y) continue;
      const merged = linkage === 'complete' ? Math.max(d[i][x], d[i][y]) : (sizes[x] * d[i][x] + sizes[y] * d[i][y]) / (sizes[x] + sizes[y]);
      d[i][y] = merged;
      d[y][i] = merged;
    }
    sizes[y] += sizes[x];
    sizes[x] = 0;
  }
  return members.map((index) => sets.rootOf(index));
}

/** Grows the chain until its last two are each other's nearest. */
function followChain(chain: number[], d: readonly Float64Array[], sizes: Int32Array): [number, number] {
  for (;;) {
    const x = chain[chain.length - 1];
    const before = chain[chain.length - 2];
    let nearest = before ?? -1;
    let least = before === undefined ? Infinity : d[x][before];
    for (let i = 0; i < sizes.length; i++) {
      if (sizes[i] === 0 || i === x || d[x][i] >= least) continue;
      least = d[x][i];
      nearest = i;
    }
    if (nearest === before) return [x, before];
    chain.push(nearest);
  }
}
