// A row of exports.tsv: what was written, or why it was not.
export interface Exported {
  readonly export: string;
  /** In results/. */
  readonly file: string | null;
  readonly n_rows: number | null;
  readonly note: string | null;
  readonly missing: string | null;
}
