// The run file and its sample sheet, once they are known to be right.
import type {Contrast, DesignRow} from './job-file.ts';

export interface RunConfig {
  readonly name: string;
  /** Absolute path of the run file. */
  readonly file: string;
  readonly timepoints: readonly string[];
  readonly contrasts: readonly Contrast[];
  readonly missing_pairs: 'error' | 'drop';
  readonly seed: number;
  /** Overrides by step and parameter. */
  readonly steps: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Every key of the run file as written, paths unresolved. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** One row of the samples sheet. */
export interface LibraryRow {
  readonly sample_id: string;
  readonly patient_id: string;
  readonly timepoint: string;
  /** gex, tcr, bcr, adt, vdj; empty for a declared gap. */
  readonly library: string;
  readonly library_id: string;
  /** As written; empty where the cells come from `cells.path` or there are none. */
  readonly path: string;
  readonly excluded: string;
  /** Every column as text. */
  readonly columns: DesignRow;
}
