// "Did you mean ...?": the nearest of some names by edit distance.

/** The closest name, or undefined where none is near: not more than two edits or a third of the length, and something has to be in common. */
export function closestName(wanted: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(wanted.length / 3)) + 1;
  for (const name of names) {
    const distance = editDistance(wanted.toLowerCase(), name.toLowerCase());
    if (distance < bestDistance && distance < Math.max(wanted.length, name.length)) [best, bestDistance] = [name, distance];
  }
  return best;
}

/** `Did you mean "…"?`, or nothing where no name is near. */
export function didYouMean(wanted: string, names: readonly string[]): string {
  const near = closestName(wanted, names);
  return near === undefined ? '' : `Did you mean "${near}"?`;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({length: b.length + 1}, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      row[j] = Math.min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    previous = row;
  }
  return previous[b.length];
}
