// Tables of cells, attrition and composition, and cohort.h5ad, from what the other steps wrote.
import {compositionColumns, countComposition, type CompositionSample} from '../../pipeline/analysis/composition.ts';
import {countSubtypes, subtypeColumns} from '../../pipeline/analysis/subtype-composition.ts';
import type {AnnotatedMatrix} from '../../pipeline/data/annotated-matrix.ts';
import type {Row} from '../../pipeline/data/table.ts';
import {readCellTypes} from '../../pipeline/formats/cell-types.ts';
import {readTable, writeTable} from '../../pipeline/formats/delimited-text.ts';
import {readH5ad, writeH5ad, type H5adParts} from '../../pipeline/formats/h5ad.ts';
import {runStep, type StepJob} from '../../pipeline/step-runtime/run-step.ts';
import {cellColumns, cellRows} from './cell-rows.ts';
import {stackCounts} from './cohort-counts.ts';
import {assembleCohort} from './cohort-matrix.ts';
import {receptorCheckTable} from './receptor-check-table.ts';
import {readDesign, type SampleDesign} from './sample-design.ts';

const keys = ['sample_id', 'patient_id', 'timepoint', 'day'];

await runStep(async (job) => {
  const samples = readDesign(job.design);
  const cellTypes = readCellTypes(job.input('cell_types'));
  const quality = bySample(tableRows(job, 'qc_cells'));
  const facts = {
    labels: new Map(tableRows(job, 'labels').map((row) => [String(row.cell_id), row])),
    clonotypes: new Map(tableRows(job, 'clonotypes').map((row) => [`${row.receptor} ${row.cell_id}`, row])),
    transgene: job.inputFiles('car').length === 0 ? null : new Map(tableRows(job, 'car').map((row) => [String(row.cell_id), row])),
  };
  const rows = samples.flatMap((sample) => cellRows(sample, {quality: quality.get(sample.sample_id) ?? [], ...facts}));
  const kept = rows.filter((row) => row.kept === true);
  writeTable(job.output('cells'), {columns: cellColumns, rows});

  const attrition = bySample(tableRows(job, 'attrition'));
  writeTable(job.output('attrition'), {
    columns: [...keys, 'stage', 'n_cells', 'n_removed', 'reason', 'missing'],
    rows: samples.flatMap((sample) => attrition.get(sample.sample_id) ?? []),
  });
  const keptOf = bySample(kept);
  writeTable(job.output('composition'), {
    columns: [...keys, ...compositionColumns],
    rows: countComposition(samples.map((sample) => compositionOf(sample, keptOf.get(sample.sample_id) ?? [], quality.has(sample.sample_id))), cellTypes.types),
  });
  writeTable(job.output('subtype_composition'), {
    columns: [...keys, ...subtypeColumns],
    rows: countSubtypes(samples.map((sample) => {
      const own = keptOf.get(sample.sample_id) ?? [];
      const {keys: lead, lineage, missing} = compositionOf(sample, own, quality.has(sample.sample_id));
      return {keys: lead, lineage, missing, cell_subtype: own.map((row) => String(row.cell_subtype))};
    }), cellTypes.types.map((type) => type.label)),
  });
  writeTable(job.output('receptor_check'), receptorCheckTable(samples, keptOf, cellTypes.types.filter((type) => type.level === 'lineage').map((type) => type.label)));
  const files = await annData(job, 'kept', {X: false, layers: false});
  await writeH5ad(job.output('cohort'), assembleCohort({
    rows: kept,
    cellTypes,
    timepoints: job.design.timepoints ?? [],
    kept: files,
    counts: await stackCounts(files, kept.map((row) => String(row.cell_id))),
    embedding: await readH5ad(job.input('embedding')),
    scores: await annData(job, 'scores'),
  }));
});

function tableRows(job: StepJob, input: string): Row[] {
  return job.inputFiles(input).flatMap(({path}) => readTable(path).rows);
}

async function annData(job: StepJob, input: string, parts: H5adParts = {}): Promise<(AnnotatedMatrix & {readonly path: string})[]> {
  const files: (AnnotatedMatrix & {path: string})[] = [];
  for (const {path} of job.inputFiles(input)) files.push({...(await readH5ad(path, parts)), path});
  return files;
}

function bySample(rows: readonly Row[]): Map<string, Row[]> {
  return Map.groupBy(rows, (row) => String(row.sample_id));
}

function compositionOf({keys: lead, gap, lymphocytesPerUl}: SampleDesign, kept: readonly Row[], isMeasured: boolean): CompositionSample {
  return {
    keys: lead,
    lineage: kept.map((row) => String(row.lineage)),
    cell_type: kept.map((row) => String(row.cell_type)),
    missing: isMeasured ? null : (gap ?? 'no result of the earlier steps'),
    lymphocytesPerUl,
  };
}
