// Rows of every sample in the order of the sheet, with what only the cohort shows: whose sex does not fit.
import {sampleQualityColumns, sexCheckColumns} from '../../pipeline/analysis/sample-quality.ts';
import {sexDoubts, type Sex} from '../../pipeline/analysis/sex-check.ts';
import type {Row} from '../../pipeline/data/table.ts';
import {readTable, writeTable} from '../../pipeline/formats/delimited-text.ts';
import {readSheetLines} from '../../pipeline/formats/sheet-rows.ts';
import {runStep, type StepJob} from '../../pipeline/step-runtime/run-step.ts';

const keyColumns = ['sample_id', 'patient_id', 'timepoint', 'day'];

await runStep(async (job) => {
  writeTable(job.output('sample_quality'), {columns: [...keyColumns, ...sampleQualityColumns], rows: rowsOf(job, 'sample_quality')});
  const stated = statedSex(job.optionalInput('patients'));
  const rows = rowsOf(job, 'sex_check').map((row) => ({...row, sex_stated: stated.get(String(row['patient_id'])) ?? null}));
  const doubts = sexDoubts(rows.map((row: Row) => ({sample_id: String(row['sample_id']), patient_id: String(row['patient_id']), sex: (row['sex'] ?? null) as Sex | null, stated: row['sex_stated'] as string | null})));
  writeTable(job.output('sex_check'), {columns: [...keyColumns, ...sexCheckColumns], rows: rows.map((row: Row) => ({...row, flag: doubts.get(String(row['sample_id'])) ?? null, missing: withStated(row)}))});
});

function withStated(row: Row): string | null {
  return [row['missing'], row['sex_stated'] === null ? 'sex_stated: not in the patients sheet' : null].filter(Boolean).join('; ') || null;
}

/** One a sample of the sheet that has gene expression, measured or not. */
function rowsOf(job: StepJob, input: string): Row[] {
  const found = new Map(job.inputFiles(input).flatMap(({path}) => readTable(path).rows).map((row) => [String(row['sample_id']), row]));
  const samples = new Map(job.design.rows.filter((row) => row.library === 'gex').map((row) => [row.sample_id, row]));
  return [...samples.values()].map(({sample_id, patient_id, timepoint, day, excluded}) => found.get(sample_id) ?? {
    sample_id, patient_id, timepoint, day: day || null, missing: excluded ? `declared gap: ${excluded}` : 'no result of the earlier steps',
  });
}

function statedSex(path: string | undefined): Map<string, string> {
  const lines = path === undefined ? [] : readSheetLines(path);
  return new Map(lines.flatMap(({row}): [string, string][] => (row['sex'] ? [[String(row['patient_id']), String(row['sex'])]] : [])));
}
