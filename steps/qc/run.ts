// Barcodes of one sample -> kept cells, a reason for each other, and their numbers by reason.
import {attritionRows} from '../../pipeline/analysis/cell-quality-attrition.ts';
import {judgeCellsBy, measureCells, type CellMetrics, type QualityBounds} from '../../pipeline/analysis/cell-quality.ts';
import {sampleQualityColumns, sampleQualityRow, sexCheckColumns, sexCheckRow, type QualityFlags} from '../../pipeline/analysis/sample-quality.ts';
import {columnAsText, type AnnotatedMatrix, type Column} from '../../pipeline/data/annotated-matrix.ts';
import {selectRows} from '../../pipeline/data/matrix.ts';
import {writeTable} from '../../pipeline/formats/delimited-text.ts';
import {readH5ad, writeH5ad} from '../../pipeline/formats/h5ad.ts';
import {runStep} from '../../pipeline/step-runtime/run-step.ts';
import {findDoublets} from './find-doublets.ts';
import {joinWells, wellsOf} from './join-wells.ts';

const keyColumns = ['sample_id', 'patient_id', 'timepoint', 'day'];
const noMito = 'percent_mito: no mitochondrial genes in the matrix';

await runStep(async (job) => {
  const files: AnnotatedMatrix[] = [];
  for (const {path} of job.inputFiles('counts')) files.push(await readH5ad(path));
  const rows = job.design.rows.filter((row) => !row.excluded && row.library);
  const {sample_id, patient_id, timepoint, day} = rows[0];
  const keys = {sample_id, patient_id, timepoint, day: day || null};
  const sample = joinWells(files, new Set(rows.map((row) => row.gem_well || sample_id)).size > 1);

  const given = job.params as unknown as QualityBounds;
  const symbols = columnAsText(sample.genes, 'gene_symbol') as string[];
  const metrics = measureCells(sample.counts, symbols);
  // An empty barcode is no cell, whatever the bounds: it has no logarithm and no place among neighbours.
  const bounds = {...given, min_counts: given.min_counts ?? 1};
  const {reasons, limits} = judgeCellsBy(metrics, bounds, sample.pooled ?? []);
  const doublets = await findDoublets(job, sample, reasons);
  const removesDoublets = job.param('doublets') === 'remove';
  if (removesDoublets) for (const [cell, {call}] of doublets.entries()) if (call === 'doublet') reasons[cell] = 'doublet';
  const kept = [...reasons.keys()].filter((cell) => reasons[cell] === null);

  await writeH5ad(job.output('kept'), keepCells(sample, metrics, kept));
  const quality = sampleQualityRow({metrics, bounds, reasons, limits, countsFrom: sample.countsFrom, wells: wellsOf(sample, kept)}, job.params as unknown as QualityFlags);
  writeTable(job.output('sample_quality'), {columns: [...keyColumns, ...sampleQualityColumns], rows: [{...keys, ...quality}]});
  writeTable(job.output('sex_check'), {columns: [...keyColumns, ...sexCheckColumns], rows: [{...keys, ...sexCheckRow(selectRows(sample.counts, kept), symbols)}]});
  writeTable(job.output('cells'), {
    columns: [...keyColumns, 'cell_id', 'n_counts', 'n_genes', 'percent_mito', 'kept', 'removed_because', 'missing', 'doublet_score', 'doublet_call', 'doublet_threshold'],
    rows: reasons.map((reason, cell) => ({
      ...keys,
      cell_id: sample.cellIds[cell],
      n_counts: metrics.nCounts[cell],
      n_genes: metrics.nGenes[cell],
      percent_mito: metrics.percentMito === null ? null : metrics.percentMito[cell],
      kept: reason === null,
      removed_because: reason,
      missing: [metrics.percentMito === null ? noMito : null, doublets[cell].missing].filter((reason) => reason !== null).join('; ') || null,
      doublet_score: doublets[cell].score,
      doublet_call: doublets[cell].call,
      doublet_threshold: doublets[cell].threshold,
    })),
  });
  writeTable(job.output('attrition'), {
    columns: [...keyColumns, 'stage', 'n_cells', 'n_removed', 'reason', 'missing'],
    rows: attritionRows(reasons, bounds, metrics, {removesDoublets, isPooled: sample.pooled !== null}).map((row) => ({...keys, ...row})),
  });
});

function keepCells(sample: ReturnType<typeof joinWells>, metrics: CellMetrics, kept: readonly number[]): AnnotatedMatrix {
  const text = (values: readonly (string | null)[]): Column => ({kind: 'string', values: kept.map((cell) => values[cell])});
  const number = (kind: 'integer' | 'float', values: Float64Array): Column => ({kind, values: Float64Array.from(kept, (cell) => values[cell])});
  const share = metrics.percentMito ?? new Float64Array(sample.cellIds.length).fill(NaN);
  const {adt} = sample;
  return {
    obs: {
      index: kept.map((cell) => sample.cellIds[cell]),
      columns: new Map([
        ['sample_id', text(sample.sampleIds)],
        ['barcode', text(sample.barcodes)],
        ['gem_well', text(sample.gemWells)],
        ['n_counts', number('integer', metrics.nCounts)],
        ['n_genes', number('integer', metrics.nGenes)],
        ['percent_mito', number('float', share)],
      ]),
    },
    var: sample.genes,
    X: selectRows(sample.counts, kept),
    ...(adt === null ? {} : {
      obsm: new Map([['adt', {
        kind: 'dense' as const,
        nRows: kept.length,
        nColumns: adt.features.length,
        values: Float32Array.from(kept.flatMap((cell) => [...adt.values.subarray(cell * adt.features.length, (cell + 1) * adt.features.length)])),
      }]]),
      uns: {adt_features: adt.features},
    }),
  };
}
