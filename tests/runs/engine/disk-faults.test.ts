// Disks that are full, out of inodes, over quota, read-only, closed or broken: a message with the path and what to do, nothing corrupted, and a run that goes on once it is mended.
import {spawnSync} from 'node:child_process';
import {chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, expect, test} from 'vitest';
import {mountSmallDisk, type SmallDisk} from '../../rig/small-disk.ts';
import type {TempProject} from '../../rig/temp-project.ts';
import {until} from '../../rig/until.ts';
import {files, wordCountProject} from '../../rig/word-count-project.ts';

let project: TempProject;
const disks: SmallDisk[] = [];
afterEach(() => {
  for (const disk of disks.splice(0)) disk.unmount();
  project.remove();
});

const countS1 = (body: string): string => files['steps/count/run.ts'].replace('  const [, text]', `  if (job.unit.id === 'S1' && !existsSync('../../mended')) {\n${body}\n  }\n  const [, text]`);

function onDisk(countRun: string, ...options: string[]): SmallDisk {
  project = wordCountProject({'steps/count/run.ts': countRun});
  return mount('disk', ...options);
}

function mount(path: string, ...options: string[]): SmallDisk {
  const disk = mountSmallDisk(join(project.folder, path), ...options);
  disks.push(disk);
  return disk;
}

const argv = ['run', 'study/run.yaml', '--run-dir', 'disk/run', '--cores', '1'];
const freeAdvice = 'Free some space, or some files if `df -i` shows none left (`lymphline clean` says what could go), then run again: finished jobs are kept.';

/** The jobs that were done stay done, each event is whole, and the result is the right one. */
function expectMended(runDirectory: string, nStarted: number): void {
  const again = project.cli('run', 'study/run.yaml', '--run-dir', runDirectory);
  expect(again.stderr + String(again.status)).toMatch(/0$/);
  expect(again.stderr.match(/\S+\/\S+ started\b/g)?.length).toBe(nStarted);
  expect(readFileSync(join(project.folder, runDirectory, 'results/tables/total.tsv'), 'utf8')).toBe('sample_id\tn_words\nS1\t3\nS2\t2\n');
  for (const line of readFileSync(join(project.folder, runDirectory, 'events.jsonl'), 'utf8').trim().split('\n')) if (line.endsWith('}')) JSON.parse(line);
  expect(project.cli('verify', runDirectory).status).toBe(0);
  expect(project.cli('run', 'study/run.yaml', '--run-dir', runDirectory).stderr).toContain('0 jobs run, 5 reused');
}

test('ENOSPC in a step: the path and the advice, no other job is started, and what was half written is gone', () => {
  const disk = onDisk(countS1("    writeFileSync('big', Buffer.alloc(8 << 20));"), 'size=2m');
  const run = project.cli(...argv);
  expect(run.status).toBe(1);
  expect(project.scrub(run.stderr)).toContain(`count/S1 could not write <project>/disk/run/jobs/count/S1/attempt-1 (ENOSPC: no space left).\n    ${freeAdvice}\n    log: <project>/disk/run/jobs/count/S1/attempt-1/log.txt\n`);
  expect(run.stderr).not.toContain('count/S2 started');
  expect(existsSync(join(disk.folder, 'run/jobs/count/S1/attempt-1/big'))).toBe(false);
  expect(existsSync(join(disk.folder, 'run/results'))).toBe(false);
  disk.change('size=32m');
  expectMended('disk/run', 3);
});

test('no inodes left: the same', () => {
  const disk = onDisk(countS1("    for (let i = 0; i < 1000; i++) writeFileSync(`f${i}`, '');"), 'size=8m,nr_inodes=120');
  const run = project.cli(...argv);
  expect(run.status).toBe(1);
  expect(project.scrub(run.stderr)).toMatch(/count\/S1 could not write <project>\/disk\/run\/jobs\/count\/S1\/attempt-1\S* \(ENOSPC: no space left\)\.\n {4}Free some space, or some files if `df -i` shows none left /);
  disk.change('nr_inodes=2000');
  expectMended('disk/run', 3);
});

test('ENOSPC in the journal and the job record: the step ended well, yet nothing counts that is not on disk', () => {
  const disk = onDisk(countS1("    writeFileSync(job.output('counts'), 'sample_id\\tn_words\\nS1\\t3\\n');\n    for (let size = 1 << 20, i = 0; size >= 1; i++) {\n      try { writeFileSync(`../../../../../filler${i}`, Buffer.alloc(size)); } catch { size >>= 2; }\n    }\n    process.exit(0);"), 'size=2m');
  const run = project.cli(...argv);
  expect(run.status).toBe(1);
  expect(project.scrub(run.stderr)).toMatch(/could not write <project>\/disk\/run\S* \(ENOSPC: no space left\)\.\n {4}Free some space/);
  expect(existsSync(join(disk.folder, 'run/jobs/count/S1/attempt-1/complete.json'))).toBe(false);
  expect(project.cli('status', 'disk/run').stdout).toContain('words: stopped');
  disk.change('size=32m');
  project.write('disk/run/jobs/count/mended', '');
  expectMended('disk/run', 3);
});

test('results that are read-only: the jobs are done, the message names the file, the next run publishes', () => {
  project = wordCountProject();
  const results = mount('study/runs/words/results', 'size=1m');
  results.close();
  const run = project.cli('run', 'study/run.yaml');
  expect(run.status).toBe(1);
  expect(project.scrub(run.stderr)).toMatch(/The run could not write <project>\/study\/runs\/words\/results\S* \(EROFS: read-only file system\)\.\n {4}Have it mounted for writing, or choose another --run-dir, then run again: finished jobs are kept\.\n$/);
  results.open();
  expect(project.cli('run', 'study/run.yaml').stderr).toContain('0 jobs run, 5 reused');
  expect(project.cli('verify', 'study/runs/words').status).toBe(0);
});

test('a run directory that becomes read-only under the engine', async () => {
  const disk = onDisk(countS1("    writeFileSync('beat', '');\n    while (!existsSync('../../../../../../closed')) await new Promise((done) => setTimeout(done, 50));"), 'size=8m');
  const run = project.start(...argv);
  await until('the start of count/S1', () => existsSync(join(disk.folder, 'run/jobs/count/S1/attempt-1/beat')));
  disk.close();
  project.write('closed', '');
  expect(await run.ended).toBe(1);
  expect(project.scrub(run.stderr())).toMatch(/could not write <project>\/disk\/run\S* \(EROFS: read-only file system\)/);
  disk.open();
  project.write('disk/run/jobs/count/mended', '');
  expectMended('disk/run', 3);
});

test.each([
  ['read-only', (cache: SmallDisk) => cache.close(), 'EROFS'],
  ['full', (cache: SmallDisk) => cache.fill(), 'ENOSPC'],
])('a cache that is %s: one warning, and the run is complete without it', (_how, damage, code) => {
  project = wordCountProject();
  damage(mount('study/runs/.lymphline-cache', 'size=200k'));
  const run = project.cli('run', 'study/run.yaml');
  expect(run.status).toBe(0);
  expect(project.scrub(run.stderr).match(/The cache .*\n/g)).toEqual([`The cache <project>/study/runs/.lymphline-cache cannot be written (${code}): results are kept in the run directory alone.\n`]);
  expectMendedInPlace();
});

function expectMendedInPlace(): void {
  expect(readFileSync(join(project.folder, 'study/runs/words/results/tables/total.tsv'), 'utf8')).toBe('sample_id\tn_words\nS1\t3\nS2\t2\n');
  expect(project.cli('run', 'study/run.yaml').stderr).toContain('0 jobs run, 5 reused');
}

/** The engine with a system call that fails as the kernel would have it fail. */
function withInjection(path: string, injection: string): {status: number | null; stderr: string} {
  const main = join(project.folder, 'pipeline/cli/main.ts');
  const traced = ['-f', '-qq', '-o', '/dev/null', '-P', join(project.folder, path), '-e', `inject=${injection}`, process.execPath, '--disable-warning=ExperimentalWarning', main, 'run', 'study/run.yaml', '--cores', '1'];
  const {status, stderr} = spawnSync('strace', traced, {cwd: project.folder, encoding: 'utf8', timeout: 120_000});
  return {status, stderr: project.scrub(stderr)};
}

test.each([
  ['EDQUOT', ': disk quota exceeded', 'Free some space (`lymphline clean` says what could go) or ask for a larger quota'],
  ['ESTALE', ': the network file system lost the file', 'Wait until its server is back'],
  ['EIO', ': the disk or its network answers with errors', 'Check the disk (`dmesg`), or choose another --run-dir'],
])('%s while the journal is written', (code, meaning, advice) => {
  project = wordCountProject();
  expect(project.cli('run', 'study/run.yaml', '--until', 'import').status).toBe(0);
  // After "run-started" and two reused jobs: count/S1 has ended when its event cannot be written.
  const run = withInjection('study/runs/words/events.jsonl', `write:error=${code}:when=5+`);
  expect(run.status).toBe(1);
  expect(run.stderr).toContain(`could not write <project>/study/runs/words (${code}${meaning}).\n    ${advice}, then run again: finished jobs are kept.\n`);
  const again = project.cli('run', 'study/run.yaml');
  expect(again.status).toBe(0);
  expectMendedInPlace();
});

test('EIO while an input is read', () => {
  project = wordCountProject();
  const run = withInjection('study/s1.txt', 'read,pread64:error=EIO');
  expect(run.status).toBe(1);
  expect(run.stderr).toContain('import/S1-gex cannot read its input text: <project>/study/s1.txt (EIO).\n');
  expect(project.cli('run', 'study/run.yaml').status).toBe(0);
});

test('EACCES: a run directory of somebody else', () => {
  project = wordCountProject();
  chmodSync(project.folder, 0o755);
  mkdirSync(join(project.folder, 'study/runs'), {mode: 0o755});
  const asNobody = (): {status: number | null; stderr: string} => spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', join(project.folder, 'pipeline/cli/main.ts'), 'run', 'study/run.yaml'], {cwd: project.folder, uid: 65534, gid: 65534, encoding: 'utf8', env: {PATH: process.env['PATH']}});
  const run = asNobody();
  expect(run.status).toBe(1);
  expect(project.scrub(run.stderr)).toBe('The run could not write <project>/study/runs/words (EACCES).\n    Check that the folder may be written, then run again: finished jobs are kept.\n');
  chownSync(join(project.folder, 'study/runs'), 65534, 65534);
  expect(asNobody().status).toBe(0);
});

const usesScratch = files['steps/count/run.ts'].replace('  const [, text]', "  const {TMPDIR = ''} = process.env;\n  writeFileSync(`${TMPDIR}/large`, Buffer.alloc(1 << 20));\n  process.stdout.write(`${TMPDIR}\\n`);\n  const [, text]");

test('scratch of the profile: a folder of its own for each job, gone afterwards, also what a killed engine left', () => {
  project = wordCountProject({'steps/count/run.ts': usesScratch, 'node.yaml': 'launcher: local\nengine: none\nscratch: ./local\n'});
  const scratch = mount('local', 'size=4m');
  expect(project.cli('run', 'study/run.yaml', '--profile', 'node.yaml').status).toBe(0);
  const [label] = /lymphline-[0-9a-f]{12}-/.exec(project.cli('logs', 'study/runs/words', 'count/S1').stdout) ?? ['nothing'];
  expect(project.cli('logs', 'study/runs/words', 'count/S1').stdout).toMatch(new RegExp(`^${scratch.folder}/lymphline-[0-9a-f]{12}-[0-9a-f]{12}-1/tmp\n$`));
  expect(readdirSync(scratch.folder)).toEqual([]);
  for (const name of [`${label}abc-1`, 'of-somebody-else']) mkdirSync(join(scratch.folder, name));
  expect(project.cli('run', 'study/run.yaml', '--profile', 'node.yaml').status).toBe(0);
  expect(readdirSync(scratch.folder)).toEqual(['of-somebody-else']);
});

test('ENOSPC in scratch names it, and the run directory is left in order', () => {
  project = wordCountProject({'steps/count/run.ts': usesScratch, 'node.yaml': 'launcher: local\nengine: none\nscratch: ./local\n'});
  const scratch = mount('local', 'size=700k');
  const run = project.cli('run', 'study/run.yaml', '--profile', 'node.yaml', '--cores', '1');
  expect(run.status).toBe(1);
  expect(project.scrub(run.stderr)).toMatch(/count\/S1 could not write <project>\/local\/lymphline-\S+ \(ENOSPC: no space left\)\./);
  expect(readdirSync(scratch.folder)).toEqual([]);
  scratch.change('size=4m');
  expect(project.cli('run', 'study/run.yaml', '--profile', 'node.yaml').status).toBe(0);
  expectMendedInPlace();
});
