// A small pipeline without biology: import (library) -> count (sample) -> total (cohort, published); `count` reaches a formula in pipeline/analysis.
import {createProject, stepCode, stepYaml, type TempProject} from './temp-project.ts';

export const sheet = `sample_id\tpatient_id\ttimepoint\tday\tlibrary\tpath
S1\tP1\tbefore\t0\tgex\ts1.txt
S2\tP1\tafter\t30\tgex\ts2.txt
`;

export const runYaml = `lymphline: 1
name: words
samples: samples.tsv
timepoints: [before, after]
contrasts:
  - {name: after-vs-before, by: timepoint, before: before, after: after, primary: true}
steps:
  count: {factor: 1}
`;

export const files: Readonly<Record<string, string>> = {
  'study/run.yaml': runYaml,
  'study/samples.tsv': sheet,
  'study/s1.txt': 'a b c\n',
  'study/s2.txt': 'd e\n',
  'pipeline/analysis/words.ts': 'export const countWords = (text: string): number => text.trim().split(/\\s+/).length;\n',
  'steps/import/step.yaml': stepYaml('import', `
    per: library
    inputs: {text: {format: any, from: sheet.path, library: [gex]}}
    params: {}
    outputs: {text: {format: tsv, columns: [text]}}`),
  'steps/import/run.ts': stepCode("  writeFileSync(job.output('text'), `text\\n${readFileSync(job.input('text'), 'utf8').trim()}\\n`);"),
  'steps/count/step.yaml': stepYaml('count', `
    per: sample
    inputs: {text: {format: tsv, from: import}}
    params:
      factor: {type: integer, minimum: 1, default: 1, summary: Times each word.}
      mode: {type: string, enum: [plain, offset], default: plain, summary: Plain or with an offset.}
      offset: {type: integer, default: 0, summary: Added., used_when: {mode: offset}}
    outputs: {counts: {format: tsv, columns: [sample_id, n_words]}}`),
  'steps/count/run.ts': stepCode(`  const [, text] = readFileSync(job.input('text'), 'utf8').split('\\n');
  const n = countWords(text) * job.param<number>('factor') + (job.param('mode') === 'offset' ? job.param<number>('offset') : 0);
  writeFileSync(job.output('counts'), \`sample_id\\tn_words\\n\${job.unit.id}\\t\${n}\\n\`);`).replace('\n', "\nimport {countWords} from '../../pipeline/analysis/words.ts';\n"),
  'steps/total/step.yaml': stepYaml('total', `
    per: cohort
    inputs: {counts: {format: tsv, from: count}}
    params: {}
    outputs: {total: {format: tsv, columns: [sample_id, n_words], publish: tables/total.tsv}}`),
  'steps/total/run.ts': stepCode(`  const rows = job.inputFiles('counts').map((file) => readFileSync(file.path, 'utf8').split('\\n')[1]);
  writeFileSync(job.output('total'), \`sample_id\\tn_words\\n\${rows.join('\\n')}\\n\`);`),
};

export function wordCountProject(changed: Readonly<Record<string, string>> = {}, environment?: NodeJS.ProcessEnv): TempProject {
  return createProject({...files, ...changed}, environment);
}
