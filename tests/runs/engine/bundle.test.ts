// What may not go into a bundle, and what cannot be reproduced: the whole message each.
import {appendFileSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, expect, test} from 'vitest';
import {filesIn} from '../../../pipeline/record/digest-memo.ts';
import {unpackZip} from '../../../pipeline/record/zip-file.ts';
import {projectRoot} from '../../rig/cli.ts';
import {stepCode, stepYaml, type TempProject} from '../../rig/temp-project.ts';
import {files, sheet, wordCountProject} from '../../rig/word-count-project.ts';

/** The real step, so that a small project can reproduce. */
const compareStep = Object.fromEntries(['step.yaml', 'run.ts', 'compare-folders.ts', 'differing-pictures.ts'].map((name) => [`steps/compare-results/${name}`, readFileSync(join(projectRoot, 'steps/compare-results', name), 'utf8')]));

let project: TempProject;
afterEach(() => project.remove());

const bundle = (...more: string[]): {status: number | null; said: string} => {
  const done = project.cli('bundle', 'study/runs/words', 'b.zip', ...more);
  return {status: done.status, said: project.scrub(done.stderr)};
};

test('a run that is not finished, not as it was made, or not of its files as they are now, is refused', () => {
  project = wordCountProject();
  expect(bundle()).toMatchObject({status: 2, said: expect.stringContaining('study/runs/words is no run directory') as string});
  expect(project.cli('run', 'study/run.yaml', '--until', 'count').status).toBe(0);
  expect(bundle()).toEqual({status: 1, said: 'total/cohort: it has no result.\nThese results are not those of the run file, its sheets, its inputs and this version as they are now: 1 job would run again. Nothing was written.\n    Run it first: lymphline run <project>/study/run.yaml\n'});
  expect(project.cli('run', 'study/run.yaml').status).toBe(0);
  const result = join(project.folder, 'study/runs/words/results/tables/total.tsv');
  const made = readFileSync(result, 'utf8');
  writeFileSync(result, made.replace('3', '4'));
  expect(bundle()).toEqual({status: 1, said: 'differs: tables/total.tsv\n1 of 1 results are not as the run left them; nothing was written.\n    Make them anew: lymphline run <project>/study/run.yaml\n'});
  writeFileSync(result, made);
  appendFileSync(join(project.folder, 'study/s1.txt'), 'z\n');
  expect(bundle().said).toContain('import/S1-gex: the content of input text changed.\n');
  expect(bundle('--with-step', 'coutn')).toMatchObject({status: 2, said: expect.stringContaining('study/runs/words has no step "coutn". Its steps: import count total.') as string});
});

test('what was asked on the command line goes into the bundle', () => {
  project = wordCountProject();
  expect(project.cli('run', 'study/run.yaml', '--set', 'steps.count.factor=3').status).toBe(0);
  expect(bundle().status).toBe(0);
  expect(project.cli('verify', 'b.zip').stdout).toMatch(/ files are as the seal says\. /);
  expect(bundle()).toEqual({status: 2, said: 'b.zip exists. Name a new file, or remove it first.\nusage: lymphline bundle RUN FILE.zip [--with-inputs] [--with-step STEP]… [--json]\n'});
});

test('a name, an address or a date in the run file or in the name of a file is refused, and nothing is written', () => {
  project = wordCountProject({'study/P1_2024-05-01.txt': 'a b\n', 'study/samples.tsv': sheet.replace('s1.txt', 'P1_2024-05-01.txt')});
  expect(project.cli('run', 'study/run.yaml', '--set', 'name=words', '--set', 'signatures.exploratory=[by ada@example.org]').status).toBe(0);
  const {status, said} = bundle();
  expect(status).toBe(2);
  expect(said).toContain('samples.tsv:2:20 the name of a file in path holds a calendar date, expected nothing that names a person or a calendar day.\n    Rename the file, or link to it under another name; no job runs again for that.\n');
  project.write('study/samples.tsv', sheet.replace('s1.txt', 'p1.txt'));
  project.write('study/p1.txt', 'a b\n');
  const after = bundle();
  expect(after.status).toBe(2);
  expect(after.said).toContain('the run file holds an e-mail address, a telephone number or an address (ada@example.org), expected nothing that names a person or a calendar day.');
  expect(project.cli('verify', 'b.zip').status).toBe(2);
});

test('a bundle that is none, and a place that is not empty, are told before anything runs', () => {
  project = wordCountProject({'note.zip': 'hello', 'other/bundle.json': '{"format": "something"}', 'full/a.txt': 'x'});
  const reproduce = (...argv: string[]): {status: number | null; said: string} => {
    const done = project.cli('reproduce', ...argv);
    return {status: done.status, said: done.stderr.split('\nusage')[0]};
  };
  const advice = '\n    A bundle is what `lymphline bundle` writes; ask for it again if it was damaged on its way.\n';
  expect(reproduce('note.zip')).toEqual({status: 2, said: `note.zip is no bundle that can be reproduced: it is no zip file.${advice}`});
  expect(reproduce('other')).toEqual({status: 2, said: `other is no bundle that can be reproduced: its bundle.json has the format "something", expected "lymphline-bundle-1".${advice}`});
  expect(reproduce('full')).toEqual({status: 2, said: `full is no bundle that can be reproduced: it has no bundle.json.${advice}`});
  expect(reproduce('none.zip')).toEqual({status: 2, said: 'none.zip does not exist.'});
  expect(reproduce('note.zip', '--run-dir', 'full')).toEqual({status: 2, said: 'full is not empty. Results are made again from nothing: name an empty or a new folder with --run-dir.'});
  expect(reproduce('note.zip', '--inputs', 'nowhere')).toEqual({status: 2, said: '--inputs nowhere is no folder.'});
  expect(reproduce('note.zip', '--digest', 'sha256:12')).toEqual({status: 2, said: '--digest is "sha256:12"; expected a sha256, which has 64 hexadecimal digits.'});
  project.write('bare/bundle.json', JSON.stringify({format: 'lymphline-bundle-1', name: 'x', version: '0', inputs: [], files: []}));
  for (const name of ['run.json', 'plan.json']) project.write(`bare/${name}`, '{"jobs": []}');
  expect(reproduce('bare')).toEqual({status: 2, said: `bare is no bundle that can be reproduced: it has no run.yaml.${advice}`});
  mkdirSync(join(project.folder, 'empty'));
  expect(reproduce('note.zip', '--run-dir', 'empty').status).toBe(2);
});

// import writes a folder, as an aligner does; count reads it.
const withFolder = {
  ...compareStep,
  'steps/import/step.yaml': stepYaml('import', `
    per: library
    inputs: {text: {format: any, from: sheet.path, library: [gex]}}
    params: {}
    outputs: {text: {format: folder}}`),
  'steps/import/run.ts': stepCode("  mkdirSync(job.output('text'));\n  writeFileSync(`${job.output('text')}/text.tsv`, `text\\n${readFileSync(job.input('text'), 'utf8').trim()}\\n`);").replace('import {existsSync,', 'import {existsSync, mkdirSync,'),
  'steps/count/step.yaml': files['steps/count/step.yaml'].replace('{format: tsv, from: import}', '{format: folder, from: import}'),
  'steps/count/run.ts': files['steps/count/run.ts'].replace("readFileSync(job.input('text'), 'utf8')", "readFileSync(`${job.input('text')}/text.tsv`, 'utf8')"),
};

test('a run begins again at what a step made where the bundle carries it, else at the tables', () => {
  project = wordCountProject(withFolder);
  expect(project.cli('run', 'study/run.yaml').status).toBe(0);
  expect(bundle('--with-step', 'import').status).toBe(0);
  expect(project.cli('bundle', 'study/runs/words', 'tables.zip').status).toBe(0);
  const jobs = (name: string): string[] => readFileSync(join(project.folder, name, 'events.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as {kind: string; job: string}).filter(({kind}) => kind === 'job-completed').map(({job}) => job).sort();
  const said = project.cli('reproduce', 'b.zip');
  expect(said).toMatchObject({status: 0, stdout: expect.stringContaining('The one result that was rebuilt is identical, byte for byte.\n') as string});
  expect(jobs('b-reproduced')).toEqual(['count/S1', 'count/S2', 'total/cohort']);
  expect(project.cli('reproduce', 'tables.zip').status).toBe(0);
  expect(jobs('tables-reproduced')).toEqual(['total/cohort']);
  expect(project.cli('reproduce', 'tables.zip', '--inputs', 'study', '--run-dir', 'all').status).toBe(0);
  expect(jobs('all')).toEqual(['count/S1', 'count/S2', 'import/S1-gex', 'import/S2-gex', 'total/cohort']);
});

test('what the last step reads is always there; what it cannot make again is not called different', () => {
  // Counts are no table; total reads them, and draws into a folder from the sheet's own files.
  const drawn = {
    ...compareStep,
    'steps/count/step.yaml': files['steps/count/step.yaml'].replace('counts: {format: tsv, columns: [sample_id, n_words]}', 'counts: {format: any}'),
    'steps/total/step.yaml': files['steps/total/step.yaml'].replace('counts: {format: tsv, from: count}', 'counts: {format: any, from: count}'),
    'steps/draw/step.yaml': stepYaml('draw', `
    per: cohort
    inputs: {texts: {format: any, from: sheet.path, library: [gex]}}
    params: {}
    outputs: {figures: {format: folder, publish: figures}}`),
    'steps/draw/run.ts': stepCode("  mkdirSync(job.output('figures'));\n  for (const name of ['a.svg', 'a.tsv']) writeFileSync(`${job.output('figures')}/${name}`, 'x\\n');").replace('import {existsSync,', 'import {existsSync, mkdirSync,'),
  };
  project = wordCountProject(drawn);
  expect(project.cli('run', 'study/run.yaml').status).toBe(0);
  expect(bundle().status).toBe(0);
  const said = project.cli('reproduce', 'b.zip');
  expect(said).toMatchObject({status: 0, stdout: expect.stringContaining('identical        tables/total.tsv\nnot rebuilt      figures/a: s1.txt is not at hand\nThe one result that was rebuilt is identical, byte for byte. 1 more could not be rebuilt from what is at hand.\n') as string});
});

test('a job that fails here leaves its results unmade, and a program of another version is named', () => {
  const tool = (version: string): string => `#!/bin/sh\necho ${version}\n`;
  const contract = files['steps/total/step.yaml'].concat("tools:\n  - {name: adder, version: [sh, adder], accepts: '^[12]'}\n");
  project = wordCountProject({...compareStep, 'steps/total/step.yaml': contract, adder: tool('1.4')});
  expect(project.cli('run', 'study/run.yaml').status).toBe(0);
  expect(bundle('--with-inputs').status).toBe(0);
  project.write('adder', tool('2.0'));
  expect(project.cli('reproduce', 'b.zip')).toMatchObject({status: 0, stdout: expect.stringContaining('changed: programs of total: host: adder 1.4 was published, host: adder 2.0 here (total/cohort)\n') as string});
  project.write('steps/total/run.ts', stepCode("  throw new Error('no sum');"));
  const failed = project.cli('reproduce', 'b.zip', '--run-dir', 'failed');
  expect(failed.status).toBe(1);
  expect(failed.stdout).toContain('1 of 5 jobs failed here; what depends on them was not made: lymphline status failed\n');
  expect(failed.stdout).toContain('not made         tables/total.tsv: published, and not made here\n');
});

test('a bundle whose run file does not fit leaves the folder as it was', () => {
  project = wordCountProject(compareStep);
  expect(project.cli('run', 'study/run.yaml').status).toBe(0);
  expect(bundle('--with-inputs').status).toBe(0);
  const reproduce = (...set: string[]) => project.cli('reproduce', 'b.zip', '--run-dir', 'again', ...set);
  const wrong = reproduce('--set', 'steps.count.facto=2');
  expect(wrong).toMatchObject({status: 2, stderr: expect.stringContaining('Did you mean "factor"?') as string});
  expect(reproduce('--set', 'steps.count.factor=2')).toMatchObject({status: 1, stdout: expect.stringContaining('changed: parameter of count: factor: 1 was published, 2 here (count/S1, count/S2)\ndiffers          tables/total.tsv: cells that differ: n_words: 2; S1: 3 -> 6 (largest difference 3, 100 %)\n') as string});
});

test('a run that set a sample aside is bundled with that exclusion and its reason, and gives the same results again', () => {
  const twoPatients = `${sheet}S3\tP2\tbefore\t0\tgex\ts3.txt\nS4\tP2\tafter\t30\tgex\ts4.txt\n`;
  const refusing = files['steps/count/run.ts'].replace('  const [, text]', "  if (job.unit.id === 'S2') refuse({input: 'text', found: 'no cells', expected: 'some', advice: 'Sequence it again.'});\n  const [, text]");
  project = wordCountProject({...compareStep, 'study/run.yaml': `${files['study/run.yaml']}missing_pairs: drop\non_sample_failure: quarantine\n`, 'study/samples.tsv': twoPatients, 'study/s3.txt': 'f g h i\n', 'study/s4.txt': 'j\n', 'steps/count/run.ts': refusing});
  expect(project.cli('run', 'study/run.yaml').status).toBe(1);
  expect(bundle('--with-inputs')).toMatchObject({status: 0});
  const again = project.cli('reproduce', 'b.zip', '--run-dir', 'again');
  expect(again.status, again.stderr).toBe(0);
  expect(readFileSync(join(project.folder, 'again/study/samples.tsv'), 'utf8').split('\n')[2]).toBe('S2\tP1\tafter\t30\tgex\t\tquarantined: count refused its input: found no cells');
  expect(readFileSync(join(project.folder, 'again/results/tables/total.tsv'), 'utf8')).toBe(readFileSync(join(project.folder, 'study/runs/words/results/tables/total.tsv'), 'utf8'));
});

test('inputs that are links are bundled and found as what they lead to', () => {
  project = wordCountProject(compareStep);
  const study = join(project.folder, 'study');
  mkdirSync(join(study, 'store'));
  renameSync(join(study, 's1.txt'), join(study, 'store/first.txt'));
  symlinkSync('store/first.txt', join(study, 's1.txt'));
  expect(project.cli('run', 'study/run.yaml').status).toBe(0);
  expect(bundle('--with-inputs')).toEqual({status: 0, said: ''});
  expect(project.cli('bundle', 'study/runs/words', 'without.zip').status).toBe(0);
  const again = project.cli('reproduce', 'b.zip');
  expect(again.stderr + again.stdout).toContain('The one result that was rebuilt is identical');
  // A relative link would lead nowhere from another folder.
  mkdirSync(join(project.folder, 'data'));
  for (const name of ['s1.txt', 's2.txt']) symlinkSync(`../study/${name}`, join(project.folder, 'data', name));
  symlinkSync('../study', join(project.folder, 'data', 'all'));
  const found = project.cli('reproduce', 'without.zip', '--inputs', 'data');
  expect(found).toMatchObject({status: 0, stdout: expect.stringContaining('The one result that was rebuilt is identical') as string});
  expect(found.stderr).toContain('Inputs: 0 in the bundle, 2 found by digest, 0 changed, 0 not at hand.');
});

// import reads one file of a folder and says which it never reads; look reads the folder too, and all but the reads.
const fromFolders = {
  ...compareStep,
  'study/samples.tsv': sheet.replace('s1.txt', 'outs1').replace('s2.txt', 'outs2'),
  ...Object.fromEntries(['outs1', 'outs2'].flatMap((name) => [[`study/${name}/text.txt`, 'a b c\n'], [`study/${name}/more.tsv`, 'm\n'], [`study/${name}/possorted.bam`, 'reads'], [`study/${name}/web_summary.html`, 'page']])),
  'steps/import/step.yaml': stepYaml('import', `
    per: library
    inputs: {text: {format: any, from: sheet.path, library: [gex], ignores: [.bam, .tsv, .html]}}
    params: {}
    outputs: {text: {format: tsv, columns: [text]}}`),
  'steps/import/run.ts': files['steps/import/run.ts'].replace("job.input('text'), 'utf8'", "`${job.input('text')}/text.txt`, 'utf8'"),
  'steps/look/step.yaml': stepYaml('look', `
    per: library
    inputs: {all: {format: any, from: sheet.path, library: [gex], ignores: [.bam, summary.html]}}
    params: {}
    outputs: {seen: {format: tsv, columns: [seen]}}`),
  'steps/look/run.ts': stepCode("  writeFileSync(job.output('seen'), `seen\\n${readFileSync(`${job.input('all')}/more.tsv`, 'utf8').trim()}\\n`);"),
};

test('of a folder only what its readers read is bundled, and that is enough to reproduce', async () => {
  project = wordCountProject(fromFolders);
  expect(project.cli('run', 'study/run.yaml')).toMatchObject({status: 0});
  expect(bundle('--with-inputs')).toEqual({status: 0, said: ''});
  const opened = join(project.folder, 'opened');
  mkdirSync(opened);
  expect(await unpackZip(join(project.folder, 'b.zip'), opened)).toMatchObject({ok: true});
  const members = filesIn(join(opened, 'inputs')).map((path) => path.split('/').slice(1).join('/'));
  expect(members).toEqual(['outs1/more.tsv', 'outs1/text.txt', 'outs2/more.tsv', 'outs2/text.txt']);
  expect(project.cli('verify', 'b.zip').status).toBe(0);
  const again = project.cli('reproduce', 'opened', '--json', '--run-dir', 'again');
  expect(again.status, again.stderr).toBe(0);
  expect(JSON.parse(again.stdout)).toMatchObject({verdict: 'identical', causes: []});
});
