// Counts as a 10x matrix holds them: cells x features with barcodes and feature names, before any of them has a sample.
import type {SparseMatrix} from './matrix.ts';

export interface FeatureMatrix {
  /** Cells x features. */
  readonly counts: SparseMatrix;
  /** As in the file, with the `-1` suffix where it has one. */
  readonly barcodes: readonly string[];
  readonly features: {
    readonly ids: readonly string[];
    readonly symbols: readonly string[];
    /** 10x words: `Gene Expression`, `Antibody Capture`, …; v2 files have genes only. */
    readonly types: readonly string[];
    /** Empty where the file does not say. */
    readonly genomes: readonly string[];
  };
}
