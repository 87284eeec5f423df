// The tables of check-reads and align, one below the other.
import type {Table} from '../../pipeline/data/table.ts';
import {readTable, writeTable} from '../../pipeline/formats/delimited-text.ts';
import {runStep, type StepJob} from '../../pipeline/step-runtime/run-step.ts';

const alignmentColumns = ['sample_id', 'patient_id', 'timepoint', 'day', 'library_id', 'tool', 'cell_calling', 'metric', 'value', 'missing'];

await runStep(async (job) => {
  const summaries = tablesOf(job, 'summaries');
  writeTable(job.output('reads'), {columns: summaries[0].columns, rows: summaries.flatMap((table) => table.rows)});
  writeTable(job.output('alignment'), {columns: alignmentColumns, rows: tablesOf(job, 'metrics').flatMap((table) => table.rows)});
});

function tablesOf(job: StepJob, input: string): Table[] {
  return job.inputFiles(input).map((file) => readTable(file.path));
}
