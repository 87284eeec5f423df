// Sets by gene instead of genes by set, so that one walk over a cell's counts serves every set.

/** Gene -> sets that hold it, as offsets and a flat list. */
export function invert(nColumns: number, columnsOfSet: readonly ArrayLike<number>[]): {offsets: Uint32Array; sets: Uint32Array} {
  const offsets = new Uint32Array(nColumns + 1);
  for (const columns of columnsOfSet) for (let i = 0; i < columns.length; i++) offsets[columns[i] + 1]++;
  for (let column = 0; column < nColumns; column++) offsets[column + 1] += offsets[column];
  const next = offsets.slice();
  const sets = new Uint32Array(offsets[nColumns]);
  for (const [s, columns] of columnsOfSet.entries()) for (let i = 0; i < columns.length; i++) sets[next[columns[i]]++] = s;
  return {offsets, sets};
}
