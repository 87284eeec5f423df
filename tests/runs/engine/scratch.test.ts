// Scratch with `stage: outputs` on this machine: jobs write to a disk of their own, results and fingerprints are those of a run without it, and what
// could not be copied out whole is no result.
import {existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, expect, test} from 'vitest';
import {containedProject} from '../../rig/contained-project.ts';
import {describeWithEngine} from '../../rig/engines.ts';
import {mountSmallDisk, type SmallDisk} from '../../rig/small-disk.ts';
import type {TempProject} from '../../rig/temp-project.ts';
import {files, wordCountProject} from '../../rig/word-count-project.ts';

let project: TempProject;
let disk: SmallDisk | undefined;
afterEach(() => {
  disk?.unmount();
  disk = undefined;
  project.remove();
});

const at = (...parts: string[]): string => join(project.folder, ...parts);
const manifest = (run: string): string => readFileSync(at('study/runs', run, 'results/manifest.json'), 'utf8');
/** Says where its output is written, seen from the machine, and where temporary files lie. */
const telling = files['steps/count/run.ts'].replace('  const [, text]', "  process.stdout.write(`${realpathSync(dirname(job.output('counts')))} ${process.env['TMPDIR']}\\n`);\n  const [, text]").replace(/^/, "import {realpathSync} from 'node:fs';\nimport {dirname} from 'node:path';\n");
const staging = 'scratch: {folder: ./local, stage: outputs}\n';

test('the bytes and fingerprints are those of a run without; plan and validate say where scratch is', () => {
  project = wordCountProject({'steps/count/run.ts': telling, 'node.yaml': `launcher: local\nengine: none\n${staging}`});
  mkdirSync(at('local'));
  const where = `Scratch: each job has a folder of its own in ${at('local')} on this machine; outputs are written there too, and copied to the run directory when a job has ended well.\n`;
  expect(project.cli('validate', 'study/run.yaml', '--profile', 'node.yaml').stdout.endsWith(where)).toBe(true);
  expect(project.cli('plan', 'study/run.yaml', '--profile', 'node.yaml').stdout.endsWith(where)).toBe(true);
  expect(JSON.parse(project.cli('plan', 'study/run.yaml', '--profile', 'node.yaml', '--json').stdout)).toMatchObject({scratch: {folder: at('local'), stage: 'outputs'}});
  const run = project.cli('run', 'study/run.yaml', '--profile', 'node.yaml');
  expect(run.status, run.stderr).toBe(0);
  const own = `${at('local')}/lymphline-[0-9a-f]{12}-[0-9a-f]{12}-1`;
  expect(project.cli('logs', 'study/runs/words', 'count/S1').stdout).toMatch(new RegExp(`^${own}/outputs ${own}/tmp\n$`));
  expect(readdirSync(at('local'))).toEqual([]);
  const attempt = at('study/runs/words/jobs/count/S1/attempt-1');
  expect(lstatSync(join(attempt, 'outputs')).isDirectory()).toBe(true);
  expect(readdirSync(attempt).sort()).toEqual(['complete.json', 'job.json', 'log.txt', 'outputs']);
  expect(project.cli('run', 'study/run.yaml').stderr).toContain('words: 0 jobs run, 5 reused');
  // Without the cache it is made again.
  rmSync(at('study/runs/.lymphline-cache'), {recursive: true});
  expect(project.cli('run', 'study/run.yaml', '--run-dir', 'study/runs/plain').stderr).toContain('words: 5 jobs run, 0 reused');
  expect(manifest('plain')).toBe(manifest('words'));
});

test('a run directory that is full when outputs are copied out: the message names it, nothing is half there, and the run goes on after repair', () => {
  const large = files['steps/count/run.ts'].replace('${n}\\n`)', "${n}\\n${'#'.repeat(3e6)}\\n`)");
  project = wordCountProject({'steps/count/run.ts': large, 'node.yaml': `launcher: local\nengine: none\n${staging}`});
  mkdirSync(at('local'));
  disk = mountSmallDisk(at('study/runs'), 'size=2m');
  const run = project.cli('run', 'study/run.yaml', '--profile', 'node.yaml', '--cores', '1');
  expect(run.status).toBe(1);
  expect(project.scrub(run.stderr)).toContain('count/S1 could not write <project>/study/runs/words/jobs/count/S1/attempt-1/outputs (ENOSPC: no space left).\n    Free some space');
  expect(existsSync(at('study/runs/words/jobs/count/S1/attempt-1/outputs')) || existsSync(at('study/runs/words/jobs/count/S1/attempt-1/outputs.part'))).toBe(false);
  expect(readdirSync(at('local'))).toEqual([]);
  disk.change('size=40m');
  const again = project.cli('run', 'study/run.yaml', '--profile', 'node.yaml');
  expect(again.stderr).toContain('words: 3 jobs run, 2 reused');
});

test.each(['SIGTERM', 'SIGKILL'] as const)('an engine that ends by %s leaves nothing in scratch, and no output of a job that was under way', async (signal) => {
  const slow = files['steps/count/run.ts'].replace(/\n\}\);\n$/, "\n  writeFileSync(`${process.env['TMPDIR']}/begun`, '');\n  if (existsSync('../../../../../../slow')) await new Promise((done) => setTimeout(done, 60_000));\n});\n");
  project = wordCountProject({'steps/count/run.ts': slow, 'study/slow': '', 'node.yaml': `launcher: local\nengine: none\n${staging}`});
  mkdirSync(at('local'));
  const started = project.start('run', 'study/run.yaml', '--profile', 'node.yaml', '--cores', '1');
  const inScratch = (): string[] => readdirSync(at('local'), {recursive: true, encoding: 'utf8'});
  await until(() => inScratch().some((name) => name.endsWith('/begun')));
  expect(inScratch().some((name) => name.endsWith('/outputs/counts.tsv'))).toBe(true);
  started.child.kill(signal);
  await started.ended;
  await until(() => inScratch().length === 0);
  expect(existsSync(at('study/runs/words/jobs/count/S1/attempt-1/outputs/counts.tsv'))).toBe(false);
  rmSync(at('study/slow'));
  const again = project.cli('run', 'study/run.yaml', '--profile', 'node.yaml');
  expect(again.stderr).toContain('words: 3 jobs run, 2 reused');
  expect(readFileSync(at('study/runs/words/results/tables/total.tsv'), 'utf8')).toBe('sample_id\tn_words\nS1\t3\nS2\t2\n');
});

async function until(isTrue: () => boolean): Promise<void> {
  for (let i = 0; i < 800 && !isTrue(); i++) await new Promise((next) => setTimeout(next, 25));
  expect(isTrue()).toBe(true);
}

for (const name of ['apptainer', 'charliecloud', 'podman'] as const) {
  describeWithEngine(name, (on) => {
    test('in containers the folder of outputs is the one in scratch, and the results are the same', () => {
      project = containedProject(on, {'steps/count/run.ts': telling.replace('realpathSync(dirname(job.output(', "readFileSync('/proc/self/mountinfo', 'utf8').split('\\n').filter((line) => line.includes(dirname(job.output(").replace("('counts')))}", "('counts')))).map((line) => line.split(' ')[3])}")});
      mkdirSync(at('local'));
      project.write('contained.yaml', `${readFileSync(at('contained.yaml'), 'utf8')}${staging}`);
      const run = project.cli('run', 'study/run.yaml', '--profile', 'contained.yaml', '--until', 'count');
      expect(run.status, run.stderr).toBe(0);
      expect(readFileSync(at('study/runs/words/jobs/count/S1/attempt-1/log.txt'), 'utf8')).toMatch(/local\/lymphline-[0-9a-f]{12}-[0-9a-f]{12}-1\/outputs \/lymphline-scratch\/tmp\n/);
      expect(readFileSync(at('study/runs/words/jobs/count/S1/attempt-1/outputs/counts.tsv'), 'utf8')).toBe('sample_id\tn_words\nS1\t3\n');
      expect(readdirSync(at('local'))).toEqual([]);
      // By hand it runs without: scratch is gone.
      expect(project.cli('logs', 'study/runs/words', 'count/S1', '--command').stdout).not.toContain('lymphline-scratch');
    });
  });
}
