// Equal counts share their ranks: what each distinct count of a cell is worth, by the block of descending ranks that it spans.

/** Count -> `worth(first, last)` of its ranks first..last (1 is the largest count). Sorts `values` in place. */
export function worthByCount(values: Float64Array, worth: (first: number, last: number) => number): Map<number, number> {
  values.sort();
  const n = values.length;
  const worths = new Map<number, number>();
  for (let end = n; end > 0; ) {
    let start = end - 1;
    while (start > 0 && values[start - 1] === values[end - 1]) start--;
    // Ascending places start..end-1 are descending ranks n-end+1 .. n-start.
    worths.set(values[end - 1], worth(n - end + 1, n - start));
    end = start;
  }
  return worths;
}
