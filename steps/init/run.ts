// Folders of Cell Ranger -> run.yaml and sheets that lack only what no folder tells.
import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {writeTable} from '../../pipeline/formats/delimited-text.ts';
import {runStep} from '../../pipeline/step-runtime/run-step.ts';
import {findLibraries, type FoundLibrary} from './find-libraries.ts';

const columns = ['sample_id', 'patient_id', 'timepoint', 'day', 'library', 'path'];

await runStep(async (job) => {
  const folder = job.output('study');
  mkdirSync(folder, {recursive: true});
  const libraries: FoundLibrary[] = [];
  for (const path of job.param<string[]>('folders')) libraries.push(...(await findLibraries(path)));
  writeFileSync(join(folder, 'run.yaml'), runFile(job.param('name')));
  writeTable(join(folder, 'samples.tsv'), {columns, rows: libraries.map(({sample_id, library, path}) => ({sample_id, patient_id: null, timepoint: null, day: null, library, path}))});
  writeTable(join(folder, 'visits.tsv'), {columns: ['patient_id', 'day', 'timepoint'], rows: []});
});

function runFile(name: string): string {
  return `lymphline: 1
name: ${JSON.stringify(name)}
samples: samples.tsv                # one row a library: fill in patient_id, timepoint and day (days from infusion, negative before)
# visits: visits.tsv                # clinical visits, one row each; \`lymphline validate\` knows every column
timepoints: [baseline, month1]      # every label of the column timepoint, in order of time
contrasts:
  - {name: month1-vs-baseline, by: timepoint, before: baseline, after: month1, primary: true}
missing_pairs: error                # or drop: a patient without a row for one side of a contrast
seed: 1
`;
}
