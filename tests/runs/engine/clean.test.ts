// Space: keep: results removes what nothing needs any more while the run goes, `clean` what is left; a rerun does nothing, and what is needed again is made again.
import {spawnSync} from 'node:child_process';
import {chmodSync, existsSync, readFileSync, readdirSync, rmSync, utimesSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, expect, test} from 'vitest';
import type {TempProject} from '../../rig/temp-project.ts';
import {until} from '../../rig/until.ts';
import {files, runYaml, wordCountProject} from '../../rig/word-count-project.ts';

let project: TempProject;
afterEach(() => project.remove());

const keep = {'study/run.yaml': `${runYaml}keep: results\n`};
const at = (...parts: string[]): string => join(project.folder, 'study/runs', ...parts);
const total = (): string => readFileSync(at('words/results/tables/total.tsv'), 'utf8');
/** Outputs of jobs that are on disk. */
const outputs = (): string[] => readdirSync(at('words/jobs'), {recursive: true, encoding: 'utf8'}).filter((path) => /outputs\/./.test(path)).sort();
const started = (stderr: string): string[] => [...stderr.matchAll(/(\S+\/\S+) started/g)].map(([, job]) => job).sort();

test('keep: results leaves the published output alone; a rerun does nothing, why and verify still work', () => {
  project = wordCountProject(keep);
  const run = project.cli('run', 'study/run.yaml');
  expect(run.status).toBe(0);
  // Two texts of 11 and 9 bytes, two counts of 23.
  expect(run.stderr).toContain('keep: results: 4 outputs that nothing needs any more were removed (');
  expect(outputs()).toEqual(['total/cohort/attempt-1/outputs/total.tsv']);
  expect(existsSync(at('.lymphline-cache', 'digests.jsonl'))).toBe(true);
  expect(readdirSync(at('.lymphline-cache')).filter((name) => /^[0-9a-f]{2}$/.test(name))).toEqual([]);
  const again = project.cli('run', 'study/run.yaml');
  expect(again).toMatchObject({status: 0, stderr: expect.stringContaining('0 jobs run, 5 reused') as string});
  expect(project.cli('why', 'study/runs/words', 'count/S1').stdout).toContain('Now: it is kept: done in this run directory.\n');
  expect(project.cli('verify', 'study/runs/words').status).toBe(0);
  expect(project.cli('plan', 'study/run.yaml').stdout).toContain('0 jobs to run, 5 cached.');
});

test('a change makes exactly what it needs again, removed inputs included, and says why', () => {
  project = wordCountProject(keep);
  expect(project.cli('run', 'study/run.yaml').status).toBe(0);
  project.write('study/run.yaml', `${runYaml.replace('factor: 1', 'factor: 2')}keep: results\n`);
  const plan = JSON.parse(project.cli('plan', 'study/run.yaml', '--json').stdout) as {jobs: {id: string; action: string; why: string}[]};
  expect(plan.jobs.map(({id, action}) => `${id} ${action}`)).toEqual(['import/S1-gex run', 'import/S2-gex run', 'count/S1 run', 'count/S2 run', 'total/cohort run']);
  expect(plan.jobs[0].why).toBe('its output text was removed and count/S1 needs it.');
  const run = project.cli('run', 'study/run.yaml');
  expect(run.status).toBe(0);
  expect(run.stderr).toContain('import/S1-gex started (attempt 2): its output text was removed and is needed again.\n');
  expect(total()).toContain('S1\t6');
  // A change of the last step alone: its inputs are made again from the start.
  project.write('steps/total/run.ts', `${files['steps/total/run.ts']}// a comment\n`);
  expect(started(project.cli('run', 'study/run.yaml').stderr)).toEqual(['count/S1', 'count/S2', 'import/S1-gex', 'import/S2-gex', 'total/cohort']);
  project.write('study/s1.txt', 'a b c d\n');
  expect(started(project.cli('run', 'study/run.yaml').stderr)).toEqual(['count/S1', 'count/S2', 'import/S1-gex', 'import/S2-gex', 'total/cohort']);
  expect(total()).toContain('S1\t8');
  // Nor is anything left of what was made from other parameters; coming back to them makes it again, published output included.
  expect(outputs()).toEqual(['total/cohort/attempt-4/outputs/total.tsv']);
  project.write('study/run.yaml', `${runYaml}keep: results\n`);
  expect(project.cli('run', 'study/run.yaml').status).toBe(0);
  expect(total()).toContain('S1\t4');
  project.write('study/run.yaml', `${runYaml.replace('factor: 1', 'factor: 2')}keep: results\n`);
  expect(project.cli('run', 'study/run.yaml').status).toBe(0);
  expect(total()).toContain('S1\t8');
  expect(project.cli('run', 'study/run.yaml').stderr).toContain('0 jobs run, 5 reused');
});

test('what a repaired sample needs is not removed while it is in quarantine', () => {
  project = wordCountProject({'study/run.yaml': `${runYaml}keep: results\non_sample_failure: quarantine\n`, 'steps/count/run.ts': files['steps/count/run.ts'].replace('  const [, text]', "  if (job.unit.id === 'S2') process.exit(3);\n  const [, text]")});
  expect(project.cli('run', 'study/run.yaml').status).toBe(1);
  expect(outputs()).toContain('count/S1/attempt-1/outputs/counts.tsv');
  project.write('steps/count/run.ts', files['steps/count/run.ts']);
  const run = project.cli('run', 'study/run.yaml');
  expect(run.status).toBe(0);
  // count/S1 runs since its source changed with the repair; import/S1 was removed when count/S1 was done, and is made again.
  expect(started(run.stderr)).toEqual(['count/S1', 'count/S2', 'import/S1-gex', 'total/cohort']);
});

test('with --until nothing is removed that the rest of the plan needs', () => {
  project = wordCountProject(keep);
  expect(project.cli('run', 'study/run.yaml', '--until', 'count').status).toBe(0);
  expect(outputs()).toEqual(['count/S1/attempt-1/outputs/counts.tsv', 'count/S2/attempt-1/outputs/counts.tsv']);
  expect(started(project.cli('run', 'study/run.yaml').stderr)).toEqual(['total/cohort']);
});

test('clean says what could go, removes it with --yes, and nothing runs again', () => {
  project = wordCountProject();
  expect(project.cli('run', 'study/run.yaml').status).toBe(0);
  project.write('study/s1.txt', 'a b c d\n');
  expect(project.cli('run', 'study/run.yaml').status).toBe(0);
  const before = total();
  const said = project.cli('clean', 'study/runs/words').stdout;
  expect(said).toMatch(/^3 attempts before the one that counts: 12 files, \d.* kB, and \d+ bytes that the cache holds too\n4 outputs that no job needs any more: 4 files, 0 bytes, and \d+ bytes that the cache holds too\nRemove the attempts with --yes, the outputs too with --intermediates --yes\.\n$/);
  expect(project.cli('clean', 'study/runs/words').stdout).toBe(said);
  expect(project.cli('clean', 'study/runs/words', '--yes').stdout).toContain('(removed)');
  expect(outputs().filter((path) => /attempt-1/.test(path))).toEqual(['count/S2/attempt-1/outputs/counts.tsv', 'import/S2-gex/attempt-1/outputs/text.tsv']);
  expect(project.cli('clean', 'study/runs/words', '--intermediates', '--yes').status).toBe(0);
  expect(outputs()).toEqual(['total/cohort/attempt-2/outputs/total.tsv']);
  expect(project.cli('run', 'study/run.yaml').stderr).toContain('0 jobs run, 5 reused');
  expect(total()).toBe(before);
  expect(project.cli('verify', 'study/runs/words').status).toBe(0);
  // With the cache there, a change takes what it needs from it.
  project.write('study/run.yaml', runYaml.replace('factor: 1', 'factor: 3'));
  expect(started(project.cli('run', 'study/run.yaml').stderr)).toEqual(['count/S1', 'count/S2', 'total/cohort']);
});

test('clean --cache never touches what a run directory links to; the rest goes by age and size', () => {
  project = wordCountProject();
  expect(project.cli('run', 'study/run.yaml').status).toBe(0);
  expect(project.cli('run', 'study/run.yaml', '--run-dir', 'study/runs/other', '--set', 'steps.count.factor=2').status).toBe(0);
  const cleaned = (...argv: string[]): {items: {path: string}[]; entries: number} => JSON.parse(project.cli('clean', '--cache', 'study/runs/words', '--json', ...argv).stdout) as {items: {path: string}[]; entries: number};
  // import is shared: 2 + 2 x (2 + 1) entries, all linked.
  expect(cleaned()).toMatchObject({entries: 8, items: []});
  project.cli('clean', 'study/runs/other', '--intermediates', '--yes');
  // The two counts with factor 2 are free of links, but were used just now.
  expect(cleaned()).toMatchObject({entries: 8, items: []});
  age(100);
  expect(cleaned('--older-than', '101').items).toEqual([]);
  expect(cleaned('--older-than', '99').items).toHaveLength(2);
  expect(cleaned('--max-gb', '1').items).toEqual([]);
  expect(cleaned('--yes').items).toHaveLength(2);
  expect(cleaned().entries).toBe(6);
  for (const run of [['words'], ['other', '--set', 'steps.count.factor=2']]) expect(project.cli('run', 'study/run.yaml', '--run-dir', `study/runs/${run[0]}`, ...run.slice(1)).stderr).toContain('0 jobs run, 5 reused');
});

test('a cache of somebody else is told, not cleaned', () => {
  project = wordCountProject();
  expect(project.cli('run', 'study/run.yaml').status).toBe(0);
  rmSync(at('words'), {recursive: true});
  age(1);
  chmodSync(project.folder, 0o755);
  const asNobody = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', join(project.folder, 'pipeline/cli/main.ts'), 'clean', '--cache', '--yes'], {cwd: at(), uid: 65534, gid: 65534, encoding: 'utf8', env: {PATH: process.env['PATH']}});
  expect({status: asNobody.status, stderr: project.scrub(asNobody.stderr)}).toEqual({status: 1, stderr: '5 of 5 entries of <project>/study/runs/.lymphline-cache could not be removed (EACCES): their owner has to.\n'});
});

/** Every entry was last used so many days ago. */
function age(days: number): void {
  const then = new Date(Date.now() - days * 86_400_000);
  for (const path of readdirSync(at('.lymphline-cache'), {recursive: true, encoding: 'utf8'})) if (path.endsWith('entry.json')) utimesSync(at('.lymphline-cache', path), then, then);
}

test('clean leaves a run alone that is in use, and wants to know which run', async () => {
  project = wordCountProject({'steps/count/run.ts': files['steps/count/run.ts'].replace('  writeFileSync(job.output', '  await new Promise((done) => setTimeout(done, 600_000));\n  writeFileSync(job.output')});
  const run = project.start('run', 'study/run.yaml');
  await until('the start of a job', () => existsSync(at('words/jobs/count/S1/attempt-1/job.json')));
  expect(project.cli('clean', 'study/runs/words', '--yes')).toMatchObject({status: 75, stderr: expect.stringMatching(/is in use by process \d+ on .*: nothing of it is removed\.\n/) as string});
  run.child.kill('SIGTERM');
  await run.ended;
  expect(project.cli('clean')).toMatchObject({status: 2, stderr: expect.stringContaining('Which run? Give its folder, or --cache.') as string});
});
