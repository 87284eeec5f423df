// One analysed h5ad -> kept cells, their quality, labels and embedding, as the steps from matrices would give them.
import {mapLabels, type MappedLabel} from '../../pipeline/analysis/cell-annotation-labels.ts';
import {unassigned} from '../../pipeline/analysis/cell-annotation.ts';
import {attritionRows} from '../../pipeline/analysis/cell-quality-attrition.ts';
import {judgeCellsBy, measureCells, type CellMetrics, type QualityBounds, type RemovalReason} from '../../pipeline/analysis/cell-quality.ts';
import {FormatProblem} from '../../pipeline/base/format-problem.ts';
import {noCounts} from '../../pipeline/analysis/recover-counts.ts';
import {sampleQualityColumns, sampleQualityRow, sexCheckColumns, sexCheckRow} from '../../pipeline/analysis/sample-quality.ts';
import {columnAsText, type Column} from '../../pipeline/data/annotated-matrix.ts';
import {selectRows, type DenseMatrix} from '../../pipeline/data/matrix.ts';
import {readCellTypes} from '../../pipeline/formats/cell-types.ts';
import {writeTable} from '../../pipeline/formats/delimited-text.ts';
import {writeH5ad} from '../../pipeline/formats/h5ad.ts';
import {runStep, type StepJob} from '../../pipeline/step-runtime/run-step.ts';
import {readCells, type CellsConfig, type ImportedCells} from './read-cells.ts';

/** Whoever analysed the cells chose how many there are: a small sample is flagged all the same. */
const flags = {flag_below_cells: 100, flag_lost_share: 0.5};
const keyColumns = ['sample_id', 'patient_id', 'timepoint', 'day'];

await runStep(async (job) => {
  const gex = job.design.rows.filter((row) => row.library === 'gex');
  const samples = [...Map.groupBy(gex, (row) => row.sample_id)].map(([sample_id, [row]]) => ({
    sample_id,
    isExcluded: row.excluded !== undefined && row.excluded !== '',
    keys: {sample_id, patient_id: row.patient_id, timepoint: row.timepoint, day: row.day || null},
  }));
  const cells = await readCells(job.input('cells'), (job.config['cells'] ?? {}) as CellsConfig, new Map(samples.map((sample) => [sample.sample_id, sample.isExcluded])));
  process.stderr.write(`${cells.hasCounts ? 'raw counts' : 'no raw counts'}: ${cells.countsFrom}\n`);
  if (!cells.hasCounts) refuseBoundsOnCounts(job);
  const symbols = columnAsText(cells.genes, 'gene_symbol') as string[];
  const measured = measureCells(cells.counts, symbols);
  const metrics: CellMetrics = cells.hasCounts ? measured : {...measured, nCounts: measured.nCounts.fill(NaN), percentMito: null};
  const bounds = job.params as unknown as QualityBounds;
  const cellsOf = Map.groupBy(cells.cellIds.keys(), (cell) => cells.sampleIds[cell]);
  const judged = samples.filter((sample) => !sample.isExcluded).map((sample) => {
    const own = cellsOf.get(sample.sample_id) ?? [];
    const ofSample = pickMetrics(metrics, own);
    const judgement = judgeCellsBy(ofSample, bounds);
    const counts = selectRows(cells.counts, own.filter((_, k) => judgement.reasons[k] === null));
    return {
      sample, own, reasons: judgement.reasons, attrition: attritionRows(judgement.reasons, bounds, ofSample), sex: cells.hasCounts ? sexCheckRow(counts, symbols) : {n_cells: counts.nRows, missing: `sex: ${noCounts}`},
      quality: sampleQualityRow({...judgement, metrics: ofSample, bounds, countsFrom: cells.countsFrom, wells: cells.hasCounts ? [{counts, symbols, emptyDroplets: null}] : [], missing: cells.hasCounts ? null : `median_counts, median_percent_mito: ${noCounts}`}, flags),
    };
  });
  const reasonOf = new Map<number, RemovalReason | null>(judged.flatMap(({own, reasons}) => own.map((cell, k) => [cell, reasons[k]] as const)));
  const kept = [...cells.cellIds.keys()].filter((cell) => reasonOf.get(cell) === null);

  await writeKept(job, cells, metrics, kept);
  writeTable(job.output('cells'), {
    columns: [...keyColumns, 'cell_id', 'n_counts', 'n_genes', 'percent_mito', 'kept', 'removed_because', 'missing'],
    rows: judged.flatMap(({sample, own, reasons}) => own.map((cell, k) => ({
      ...sample.keys,
      cell_id: cells.cellIds[cell],
      n_counts: cells.hasCounts ? metrics.nCounts[cell] : null,
      n_genes: metrics.nGenes[cell],
      percent_mito: metrics.percentMito?.[cell] ?? null,
      kept: reasons[k] === null,
      removed_because: reasons[k],
      missing: !cells.hasCounts ? `n_counts, percent_mito: ${noCounts}` : metrics.percentMito === null ? 'percent_mito: no mitochondrial genes in the matrix' : null,
    }))),
  });
  writeTable(job.output('attrition'), {
    columns: [...keyColumns, 'stage', 'n_cells', 'n_removed', 'reason', 'missing'],
    rows: judged.flatMap(({sample, attrition}) => attrition.map((row) => ({...sample.keys, ...row}))),
  });
  writeTable(job.output('sample_quality'), {columns: [...keyColumns, ...sampleQualityColumns], rows: judged.map(({sample, quality}) => ({...sample.keys, ...quality}))});
  writeTable(job.output('sex_check'), {columns: [...keyColumns, ...sexCheckColumns], rows: judged.map(({sample, sex}) => ({...sample.keys, ...sex}))});
  await writeEmbedding(job, cells, kept);
  writeLabels(job, cells, kept);
  writeTable(job.output('markers'), {columns: ['cluster', 'gene_id', 'gene_symbol', 'cohens_d', 'auc', 'log2_fold_change', 'fraction_in', 'fraction_out', 'rank', 'missing'], rows: []});
});

function refuseBoundsOnCounts(job: StepJob): void {
  const set = ['min_counts', 'max_percent_mito', 'mad'].find((name) => job.param(name) !== null);
  if (set === undefined) return;
  throw new FormatProblem(job.input('cells'), {found: noCounts, expected: `raw counts, which import-cells.${set} judges cells by`, advice: `Save the raw counts in layers["counts"], or leave ${set} out.`});
}

function pickMetrics({nCounts, nGenes, percentMito}: CellMetrics, cells: readonly number[]): CellMetrics {
  const pick = (values: Float64Array): Float64Array => Float64Array.from(cells, (cell) => values[cell]);
  return {nCounts: pick(nCounts), nGenes: pick(nGenes), percentMito: percentMito === null ? null : pick(percentMito)};
}

async function writeKept(job: StepJob, cells: ImportedCells, metrics: CellMetrics, kept: readonly number[]): Promise<void> {
  const text = (values: readonly string[]): Column => ({kind: 'string', values: kept.map((cell) => values[cell])});
  const wells = new Map(job.design.rows.filter((row) => row.library === 'gex').map((row) => [row.sample_id, row.gem_well || row.sample_id]));
  const {nCounts, nGenes, percentMito} = pickMetrics(metrics, kept);
  await writeH5ad(job.output('kept'), {
    obs: {
      index: kept.map((cell) => cells.cellIds[cell]),
      columns: new Map<string, Column>([
        ['sample_id', text(cells.sampleIds)],
        ['barcode', text(cells.barcodes)],
        ['gem_well', text(cells.sampleIds.map((sample) => wells.get(sample) ?? sample))],
        ['n_counts', {kind: 'integer', values: nCounts}],
        ['n_genes', {kind: 'integer', values: nGenes}],
        ['percent_mito', {kind: 'float', values: percentMito ?? new Float64Array(kept.length).fill(NaN)}],
      ]),
    },
    var: cells.genes,
    X: selectRows(cells.counts, kept),
    uns: {import: {source_format: cells.countsFrom, ...(cells.hasCounts ? {} : {values: 'normalised'})}},
  });
}

async function writeEmbedding(job: StepJob, cells: ImportedCells, kept: readonly number[]): Promise<void> {
  const obsm = ['X_pca', 'X_umap'].flatMap((name): [string, DenseMatrix][] => {
    const matrix = cells.obsm?.get(name);
    if (matrix === undefined) return [];
    const values = new Float32Array(kept.length * matrix.nColumns);
    for (const [k, cell] of kept.entries()) {
      const row = cells.rows[cell];
      values.set(matrix.values.subarray(row * matrix.nColumns, (row + 1) * matrix.nColumns), k * matrix.nColumns);
    }
    return [[name, {kind: 'dense', nRows: kept.length, nColumns: matrix.nColumns, values}]];
  });
  await writeH5ad(job.output('embedding'), {
    obs: {
      index: kept.map((cell) => cells.cellIds[cell]),
      columns: new Map<string, Column>([
        ['sample_id', {kind: 'string', values: kept.map((cell) => cells.sampleIds[cell])}],
        ['cluster', {kind: 'string', values: kept.map((cell) => cells.clusters?.[cell] ?? null)}],
      ]),
    },
    var: {index: [], columns: new Map()},
    X: null,
    obsm: new Map(obsm),
  });
}

function writeLabels(job: StepJob, cells: ImportedCells, kept: readonly number[]): void {
  const mapped = mapOwnLabels(job, cells);
  const umap = cells.obsm?.get('X_umap');
  const at = (cell: number, axis: number): number | null => (umap === undefined ? null : umap.values[cells.rows[cell] * umap.nColumns + axis]);
  writeTable(job.output('labels'), {
    columns: ['cell_id', 'sample_id', 'cluster', 'lineage', 'cell_type', 'umap_1', 'umap_2', 'missing', 'cell_subtype', 'label_source'],
    rows: kept.map((cell) => {
      const cluster = cells.clusters?.[cell] ?? null;
      const label = cells.labels?.[cell] ?? null;
      const reasons = [cluster === null ? 'cluster: none in the file' : null, umap === undefined ? 'umap: none in the file' : null];
      return {
        cell_id: cells.cellIds[cell],
        sample_id: cells.sampleIds[cell],
        cluster,
        ...(label === null ? {lineage: unassigned, cell_type: unassigned, cell_subtype: unassigned} : (mapped.get(label) as MappedLabel)),
        umap_1: at(cell, 0),
        umap_2: at(cell, 1),
        missing: reasons.filter((reason) => reason !== null).join('; ') || null,
        label_source: 'user',
      };
    }),
  });
}

function mapOwnLabels(job: StepJob, {labels}: ImportedCells): ReadonlyMap<string, MappedLabel> {
  const {types} = readCellTypes(job.input('cell_types'));
  const {mapped, unknown} = mapLabels((labels ?? []).filter((label) => label !== null), types, (job.config['cell_type_map'] ?? {}) as Record<string, string>);
  if (unknown.length === 0) return mapped;
  throw new FormatProblem(job.input('cells'), {
    found: `labels that stand for no known cell type: ${unknown.join('; ')}`,
    expected: `one of ${types.map((type) => type.label).join(', ')}`,
    advice: 'Say what each stands for in cell_type_map of the run file.',
  });
}
