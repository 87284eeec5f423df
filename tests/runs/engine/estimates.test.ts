// What jobs took is remembered beside the cache, told by plan, asked for where the profile says so, held against the disk; it never changes a result.
import {existsSync, readFileSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, expect, test} from 'vitest';
import {mountSmallDisk, type SmallDisk} from '../../rig/small-disk.ts';
import type {TempProject} from '../../rig/temp-project.ts';
import {files, runYaml, wordCountProject} from '../../rig/word-count-project.ts';

let project: TempProject;
let disk: SmallDisk | undefined;
afterEach(() => {
  disk?.unmount();
  disk = undefined;
  project.remove();
});

/** count holds 150 MB for longer than the pause between two looks (2 s), and writes 1 MB. */
const greedy = files['steps/count/run.ts'].replace('  writeFileSync(job.output', "  const held = Buffer.alloc(150e6, 1);\n  await new Promise((done) => setTimeout(done, 2500));\n  void held.length;\n  writeFileSync(job.output").replace("${n}\\n`)", "${n}\\n${'#'.repeat(1e6)}\\n`)");
const at = (...parts: string[]): string => join(project.folder, 'study/runs', ...parts);
interface PlanJson {
  readonly jobs: readonly {readonly id: string; readonly memory_gb: number; readonly minutes: number; readonly estimate: {readonly memory_gb: number; readonly output_bytes: number} | null}[];
  readonly totals: {readonly estimate: {readonly learnt: number; readonly memory_gb: number; readonly cluster_hours: number; readonly disk_bytes: number}};
}
const planOf = (...argv: string[]): PlanJson => JSON.parse(project.cli('plan', 'study/run.yaml', '--json', ...argv).stdout) as PlanJson;

test('peak memory is measured and recorded; the next plan tells hours, peak and disk; a broken record of it harms nothing', () => {
  project = wordCountProject({'steps/count/run.ts': greedy});
  expect(planOf().totals.estimate.learnt).toBe(0);
  expect(project.cli('run', 'study/run.yaml').status).toBe(0);
  const complete = JSON.parse(readFileSync(at('words/jobs/count/S1/attempt-1/complete.json'), 'utf8')) as {peak_memory_gb: number; input_bytes: number};
  // Node itself takes about 50 MB.
  expect(complete.peak_memory_gb).toBeGreaterThan(0.15);
  expect(complete.peak_memory_gb).toBeLessThan(0.35);
  // `text\\na b c\\n`
  expect(complete.input_bytes).toBe(11);
  const [header, ...rows] = readFileSync(at('words/trace.tsv'), 'utf8').trim().split('\n').map((line) => line.split('\t'));
  expect(Number(rows.find((row) => row[header.indexOf('name')] === 'count (S1)')?.[header.indexOf('peak_rss')])).toBe(Math.round(complete.peak_memory_gb * 1e9));
  const plan = planOf('--run-dir', 'study/runs/other', '--set', 'steps.count.factor=2');
  expect(plan.jobs.find(({id}) => id === 'count/S1')?.estimate?.memory_gb).toBeGreaterThan(0.15);
  expect(plan.jobs.find(({id}) => id === 'count/S1')?.estimate?.output_bytes).toBeGreaterThan(1e6);
  expect(plan.totals.estimate).toMatchObject({learnt: 3});
  expect(plan.totals.estimate.disk_bytes).toBeGreaterThan(2e6);
  expect(project.cli('plan', 'study/run.yaml', '--run-dir', 'study/runs/other', '--set', 'steps.count.factor=2').stdout).toMatch(/\nBy earlier runs: about [\d.e-]+ cluster-hours \(cores x hours\), 0\.\d+ GB for the largest job, [\d.]+ minutes along the longest chain, 2\.\d+ MB in \d+ files\.\n/);
  project.write('study/runs/.lymphline-cache/measured.jsonl', '{"step": "count", "input_by\nrubbish\n[]\n');
  expect(project.cli('run', 'study/run.yaml').stderr).toContain('0 jobs run, 5 reused');
});

test('requests: learnt asks for what earlier jobs took, and changes neither a result nor a fingerprint', () => {
  project = wordCountProject({'steps/count/run.ts': greedy, 'learnt.yaml': 'launcher: local\nengine: none\nrequests: learnt\nresources: {total: {minutes: 7}}\n', 'steps/count/step.yaml': files['steps/count/step.yaml'].replace('memory_gb: 1', 'memory_gb: 16')});
  expect(project.cli('run', 'study/run.yaml').status).toBe(0);
  const manifest = readFileSync(at('words/results/manifest.json'), 'utf8');
  const learnt = planOf('--profile', 'learnt.yaml');
  // Less than 0.35 GB x 1.25 and a tenth.
  expect(learnt.jobs.find(({id}) => id === 'count/S1')?.memory_gb).toBeLessThan(0.6);
  expect(learnt.jobs.find(({id}) => id === 'total/cohort')?.minutes).toBe(7);
  expect(project.cli('run', 'study/run.yaml', '--profile', 'learnt.yaml').stderr).toContain('0 jobs run, 5 reused');
  rmSync(at('words'), {recursive: true});
  for (const part of ['00', 'ff']) rmSync(at('.lymphline-cache', part), {recursive: true, force: true});
  expect(project.cli('run', 'study/run.yaml', '--profile', 'learnt.yaml').status).toBe(0);
  expect(readFileSync(at('words/results/manifest.json'), 'utf8')).toBe(manifest);
});

test('a disk that is surely too small is refused with the numbers, one that may be is a warning; what is done needs no room', () => {
  project = wordCountProject({'steps/count/run.ts': greedy});
  expect(project.cli('run', 'study/run.yaml').status).toBe(0);
  disk = mountSmallDisk(at('small'), 'size=600k');
  const again = ['run', 'study/run.yaml', '--run-dir', 'study/runs/small', '--set', 'steps.count.factor=2'];
  const refused = project.cli(...again);
  expect(refused.status).toBe(2);
  expect(project.scrub(refused.stderr)).toMatch(/^<project>\/study\/runs\/small: the 3 jobs to run need about 2\.\d+ MB, and 6\d\d kB are free\.\n {4}Free some space \(`lymphline clean` says what could go\), set keep: results, or choose another --run-dir\. Nothing was started\.\n$/);
  expect(existsSync(at('small/run.json'))).toBe(false);
  disk.change('size=1500k');
  const warned = project.cli(...again);
  expect(warned.stderr).toMatch(/^warning: .*study\/runs\/small: the 3 jobs to run need about 2\.\d+ MB, and 1\.5\d? MB are free\.\n/);
  disk.change('size=32m');
  expect(project.cli(...again)).toMatchObject({status: 0, stderr: expect.not.stringContaining('warning') as string});
  disk.fill();
  expect(project.cli(...again).stderr).not.toContain('need about');
});

test('too few inodes are refused before anything starts', () => {
  project = wordCountProject({'study/run.yaml': runYaml});
  disk = mountSmallDisk(at('small'), 'size=8m,nr_inodes=20');
  const refused = project.cli('run', 'study/run.yaml', '--run-dir', 'study/runs/small');
  expect(refused.status).toBe(2);
  // Five jobs with one output: 6 + 1 files each, and 3 of a cache entry; the lock is there already.
  expect(project.scrub(refused.stderr)).toMatch(/^<project>\/study\/runs\/small: the 5 jobs to run need 50 files, and 1\d more can be made\.\n/);
});
