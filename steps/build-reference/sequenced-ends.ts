// Which end of a transcript the libraries of the run read.
type End = '3-prime' | '5-prime';

/** `auto`: by the chemistries of the sheet (10x-5p-v2, SC5P-R2, "5' v2"); a library that does not say is taken as 3'. */
export function sequencedEnds(asked: 'auto' | 'both' | End, rows: readonly Readonly<Record<string, string>>[]): readonly End[] {
  if (asked === 'both') return ['3-prime', '5-prime'];
  if (asked !== 'auto') return [asked];
  const reads = rows.filter((row) => row['library'] === 'gex' && !row['excluded']);
  const named = new Set(reads.map((row): End => (/(^|\D)5\s?(p|'|’|′)/i.test(row['chemistry'] ?? '') ? '5-prime' : '3-prime')));
  return named.size === 0 ? ['3-prime'] : [...named].sort();
}
