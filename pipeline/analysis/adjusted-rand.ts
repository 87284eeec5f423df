// How far two partitions of the same items agree beyond chance.

/** Hubert and Arabie 1985, J Classif 2:193: 1 for equal partitions, 0 on average for unrelated ones. 1 where both are one group, or both single items. */
export function adjustedRandIndex(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [both, ofA, ofB] = [new Map<string, number>(), new Map<number, number>(), new Map<number, number>()];
  for (let k = 0; k < a.length; k++) {
    count(both, `${a[k]} ${b[k]}`);
    count(ofA, a[k]);
    count(ofB, b[k]);
  }
  const pairs = (counts: ReadonlyMap<unknown, number>): number => [...counts.values()].reduce((sum, n) => sum + (n * (n - 1)) / 2, 0);
  const [together, inA, inB, all] = [pairs(both), pairs(ofA), pairs(ofB), (a.length * (a.length - 1)) / 2];
  const expected = all === 0 ? 0 : (inA * inB) / all;
  const most = (inA + inB) / 2;
  return most === expected ? 1 : (together - expected) / (most - expected);
}

function count<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
