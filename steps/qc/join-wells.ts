// The gem wells of one sample as one matrix; only here is it known whether a sample has several.
import {joinCells} from '../../pipeline/analysis/cell-quality-cohort.ts';
import {columnAsText, type AnnotatedMatrix, type DataFrame} from '../../pipeline/data/annotated-matrix.ts';
import type {SparseMatrix} from '../../pipeline/data/matrix.ts';

export interface SampleCells {
  /** `<sample_id>_<barcode>`, or `<sample_id>_<gem_well>_<barcode>` where the sample has several wells. */
  readonly cellIds: readonly string[];
  readonly sampleIds: readonly string[];
  readonly barcodes: readonly string[];
  readonly gemWells: readonly string[];
  /** Over all genes of any well. */
  readonly counts: SparseMatrix;
  readonly genes: DataFrame;
  /** Antibody counts, row-major; null where not every well has the same antibodies. */
  readonly adt: {readonly features: readonly string[]; readonly values: Float32Array} | null;
}

export function joinWells(files: readonly AnnotatedMatrix[], hasSeveralWells: boolean): SampleCells {
  const textOf = (column: string): string[] => files.flatMap((file) => columnAsText(file.obs, column) as string[]);
  const [sampleIds, barcodes, gemWells] = ['sample_id', 'barcode', 'gem_well'].map(textOf);
  return {
    cellIds: barcodes.map((barcode, k) => [sampleIds[k], ...(hasSeveralWells ? [gemWells[k]] : []), barcode].join('_')),
    sampleIds,
    barcodes,
    gemWells,
    ...joinCells(files.map((file) => ({counts: file.X as SparseMatrix, genes: file.var})), 'all'),
    adt: joinAntibodies(files),
  };
}

function joinAntibodies(files: readonly AnnotatedMatrix[]): SampleCells['adt'] {
  const features = files[0].uns?.['adt_features'] as string[] | undefined;
  const isSame = files.every((file) => JSON.stringify(file.uns?.['adt_features']) === JSON.stringify(features));
  if (features === undefined || !isSame) return null;
  return {features, values: Float32Array.from(files.flatMap((file) => [...(file.obsm?.get('adt')?.values ?? [])]))};
}
