// What may not go into a bundle, and what cannot be reproduced: the whole message each.
import {appendFileSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, expect, test} from 'vitest';
import type {TempProject} from '../../rig/temp-project.ts';
import {sheet, wordCountProject} from '../../rig/word-count-project.ts';

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
  mkdirSync(join(project.folder, 'empty'));
  expect(reproduce('note.zip', '--run-dir', 'empty').status).toBe(2);
});
