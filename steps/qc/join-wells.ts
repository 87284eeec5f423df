// The gem wells of one sample as one matrix; only here is it known whether a sample has several.
import type {Well} from '../../pipeline/analysis/ambient-rna.ts';
import {joinCells} from '../../pipeline/analysis/cell-quality-cohort.ts';
import {columnAsText, type AnnotatedMatrix, type DataFrame} from '../../pipeline/data/annotated-matrix.ts';
import {selectRows, type SparseMatrix} from '../../pipeline/data/matrix.ts';

export interface SampleCells {
  /** `<sample_id>_<barcode>`, or `<sample_id>_<gem_well>_<barcode>` where the sample has several wells. */
  readonly cellIds: readonly string[];
  readonly sampleIds: readonly string[];
  readonly barcodes: readonly string[];
  readonly gemWells: readonly string[];
  /** Over all genes of any well. */
  readonly counts: SparseMatrix;
  readonly genes: DataFrame;
  /** Where the raw counts were found, as `h5ad layers/counts`; of each well where they differ. */
  readonly countsFrom: string;
  /** Why a barcode of a pooled well is no one's; null where no well is pooled. */
  readonly pooled: readonly ('demux_doublet' | 'demux_unassigned' | null)[] | null;
  /** One a file: where its rows begin, the UMIs of each gene in its empty droplets, its well, and how many barcodes of that were given to other samples. */
  readonly files: readonly {readonly firstRow: number; readonly emptyDroplets: Float64Array | null; readonly gemWell: string; readonly nOfOtherSamples: number}[];
  /** Antibody counts, row-major; null where not every well has the same antibodies. */
  readonly adt: {readonly features: readonly string[]; readonly values: Float32Array} | null;
}

export function joinWells(files: readonly AnnotatedMatrix[], hasSeveralWells: boolean): SampleCells {
  const textOf = (column: string): string[] => files.flatMap((file) => columnAsText(file.obs, column) as string[]);
  const [sampleIds, barcodes, gemWells] = ['sample_id', 'barcode', 'gem_well'].map(textOf);
  const joined = joinCells(files.map((file) => ({counts: file.X as SparseMatrix, genes: file.var})), 'all');
  return {
    cellIds: barcodes.map((barcode, k) => [sampleIds[k], ...(hasSeveralWells ? [gemWells[k]] : []), barcode].join('_')),
    sampleIds,
    barcodes,
    gemWells,
    counts: joined.counts,
    genes: joined.genes,
    countsFrom: [...new Set(files.map((file) => importOf(file)?.source_format ?? ''))].join(', '),
    pooled: files.some((file) => file.obs.columns.has('demux')) ? files.flatMap(pooledReasons) : null,
    files: files.map((file, k) => {
      const firstRow = files.slice(0, k).reduce((sum, one) => sum + one.obs.index.length, 0);
      return {firstRow, emptyDroplets: droplets(file, joined.genes), gemWell: gemWells[firstRow], nOfOtherSamples: importOf(file)?.demux?.n_of_other_labels ?? 0};
    }),
    adt: joinAntibodies(files),
  };
}

/** `kept`: rows, ascending. */
export function wellsOf({counts, genes, files}: SampleCells, kept: readonly number[]): Well[] {
  const symbols = columnAsText(genes, 'gene_symbol') as string[];
  return files.map(({firstRow, emptyDroplets}, k) => ({
    counts: selectRows(counts, kept.filter((row) => row >= firstRow && row < (files[k + 1]?.firstRow ?? Infinity))), symbols, emptyDroplets,
  }));
}

/** What import-counts noted of the file. */
const importOf = (file: AnnotatedMatrix): {readonly source_format?: string; readonly demux?: {readonly n_of_other_labels: number}} | undefined => file.uns?.['import'] as ReturnType<typeof importOf>;

function pooledReasons(file: AnnotatedMatrix): ('demux_doublet' | 'demux_unassigned' | null)[] {
  const states = columnAsText(file.obs, 'demux') ?? file.obs.index.map(() => 'own');
  return states.map((state) => (state === 'doublet' ? 'demux_doublet' : state === 'unassigned' ? 'demux_unassigned' : null));
}

function droplets(file: AnnotatedMatrix, genes: DataFrame): Float64Array | null {
  const column = file.var.columns.get('umis_of_empty_droplets');
  if (column?.kind !== 'integer' && column?.kind !== 'float') return null;
  const place = new Map(genes.index.map((gene, k) => [gene, k]));
  const umis = new Float64Array(genes.index.length);
  for (const [k, gene] of file.var.index.entries()) umis[place.get(gene) as number] = column.values[k];
  return umis;
}

function joinAntibodies(files: readonly AnnotatedMatrix[]): SampleCells['adt'] {
  const features = files[0].uns?.['adt_features'] as string[] | undefined;
  const isSame = files.every((file) => JSON.stringify(file.uns?.['adt_features']) === JSON.stringify(features));
  if (features === undefined || !isSame) return null;
  return {features, values: Float32Array.from(files.flatMap((file) => [...(file.obsm?.get('adt')?.values ?? [])]))};
}
