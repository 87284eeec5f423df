// Which known label got which of ours, as text: a line a known label, the most frequent first.

export function confusionText(pairs: readonly (readonly [known: string, ours: string])[]): string {
  const byKnown = Map.groupBy(pairs, ([known]) => known);
  const width = Math.max(...[...byKnown.keys()].map((known) => known.length));
  return [...byKnown].sort(([a], [b]) => (a < b ? -1 : 1)).map(([known, own]) => {
    const counts = [...Map.groupBy(own, ([, ours]) => ours)].map(([ours, cells]) => ({ours, n: cells.length})).sort((a, b) => b.n - a.n);
    return `  ${known.padEnd(width)}  ${counts.map(({ours, n}) => `${ours} ${n}`).join(', ')}`;
  }).join('\n');
}
