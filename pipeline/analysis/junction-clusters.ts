// Single linkage of junctions of equal length by Hamming distance. It must not know genes or cells.

/**
 * Cluster number of each junction: two are linked where distance / length <= threshold, and links chain (single linkage). Distinct
 * junctions of one length, upper case.
 */
export function joinSimilar(junctions: readonly string[], threshold: number): number[] {
  const parent = junctions.map((_, index) => index);
  const rootOf = (index: number): number => {
    let root = index;
    while (parent[root] !== root) {
      parent[root] = parent[parent[root]];
      root = parent[root];
    }
    return root;
  };
  const length = junctions[0]?.length ?? 0;
  // d / length <= threshold, not d <= threshold * length: 0.15 * 20 is below 3 in some roundings, 3 / 20 is 0.15.
  let maxDistance = 0;
  while (maxDistance < length && (maxDistance + 1) / length <= threshold) maxDistance++;
  for (let i = 0; i < junctions.length; i++) {
    for (let j = i + 1; j < junctions.length; j++) {
      const a = rootOf(i);
      const b = rootOf(j);
      if (a !== b && isWithin(junctions[i], junctions[j], maxDistance)) parent[Math.max(a, b)] = Math.min(a, b);
    }
  }
  return junctions.map((_, index) => rootOf(index));
}

function isWithin(a: string, b: string, maxDistance: number): boolean {
  let distance = 0;
  for (let i = 0; i < a.length; i++) {
    if (a.charCodeAt(i) !== b.charCodeAt(i) && ++distance > maxDistance) return false;
  }
  return true;
}
