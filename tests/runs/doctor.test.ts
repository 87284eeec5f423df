// `lymphline doctor`: the truth about a machine without engines, about one whose image is missing, and a real job through every engine on hand.
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, expect, test} from 'vitest';
import {describeWithEngine, type EngineName} from '../rig/engines.ts';
import {cliOnMachine, provideImage} from '../rig/program-image.ts';

interface Report {
  readonly canRun: boolean;
  readonly job: {readonly ok: boolean; readonly words: string};
  readonly machine: readonly {readonly what: string; readonly ok: boolean}[];
  readonly engines: readonly {readonly engine: string; readonly version: string | null; readonly words: string}[];
  readonly tools: readonly {readonly tool: string; readonly version: string | null; readonly isAccepted: boolean}[];
  readonly steps: readonly {readonly step: string; readonly runsHere: boolean; readonly words: string}[];
}

const empty = mkdtempSync(join(tmpdir(), 'lymphline-doctor-test-'));
afterAll(() => rmSync(empty, {recursive: true, force: true}));
const doctor = (argv: readonly string[], more: Readonly<Record<string, string>> = {}): {status: number | null; report: Report; seconds: number} => {
  const {status, stdout, stderr, seconds} = cliOnMachine(['doctor', '--json', ...argv], more);
  if (stdout === '') throw new Error(stderr);
  return {status, report: JSON.parse(stdout) as Report, seconds};
};

test('without engines and tools the embedded steps run, and the others are named with what they lack', () => {
  const {status, report, seconds} = doctor([], {PATH: '/nowhere', LYMPHLINE_IMAGES: empty});
  expect(status).toBe(0);
  expect(report).toMatchObject({canRun: true, job: {ok: true, words: 'its output is there'}});
  expect(report.machine.map(({what, ok}) => `${what} ${ok}`)).toEqual(['Node true', 'cores true', 'memory true', 'disk: this folder true', 'disk: image folder true', 'disk: temporary files true']);
  expect(report.engines).toEqual(['docker docker', 'podman podman', 'apptainer apptainer', 'charliecloud ch-run', 'slurm sinfo'].map((pair) => {
    const [engine, program] = pair.split(' ');
    return {engine, version: null, words: `spawn ${program} ENOENT`};
  }));
  expect(report.tools.every(({version, isAccepted}) => version === null && !isAccepted)).toBe(true);
  expect(report.steps.find(({step}) => step === 'qc')).toMatchObject({runsHere: true, words: 'embedded'});
  // A program that is not there must not be waited for: each question has a minute.
  expect(seconds).toBeLessThan(60);
});

test('a tool of the wrong version is no tool', () => {
  writeFileSync(join(empty, 'STAR'), '#!/bin/sh\necho 1.0.3\n', {mode: 0o755});
  const {report} = doctor([], {PATH: `${empty}:/usr/bin:/bin`, LYMPHLINE_IMAGES: empty});
  expect(report.tools.find(({tool}) => tool === 'STAR')).toMatchObject({version: '1.0.3', isAccepted: false});
  const step = report.steps.find((one) => one.step === 'align (tool: star)');
  expect(step?.runsHere).toBe(false);
  expect(step?.words).toMatch(/^STAR 1\.0\.3 is not \S+$/);
});

test('the words end with what this machine can do', () => {
  const {stdout} = cliOnMachine(['doctor']);
  const lines = stdout.split('\n');
  expect(lines.filter((line) => /^\S/.test(line)).slice(0, 2)).toEqual(['machine', 'engines']);
  expect(lines.at(-3)).toMatch(/^ {2}ok done in \d+\.\d s: its output is there$/);
  expect(lines.at(-2)).toMatch(/^This machine can run (every step|\d+ of \d+ steps) with profile laptop\.$/);
});

test('an unknown profile is refused like that of a run', () => {
  const {status, stderr} = cliOnMachine(['doctor', '--profile', 'dokcer']);
  expect(status).toBe(2);
  expect(stderr.split('\n')[0]).toMatch(/^There is no profile "dokcer"\. Did you mean "docker"\? Shipped: /);
});

for (const name of ['docker', 'podman', 'apptainer', 'charliecloud'] as const satisfies readonly EngineName[]) {
  describeWithEngine(name, () => {
    test(`a small job gives the same bytes by ${name} as without a container`, () => {
      provideImage('lymphline', name);
      const {status, report} = doctor(['--profile', name]);
      expect(report.job.words).toBe('the same bytes as without a container');
      expect(status).toBe(0);
      expect(report.steps.find(({step}) => step === 'qc')).toMatchObject({runsHere: true, words: 'image lymphline'});
    }, 1_200_000);
  });
}

describeWithEngine('charliecloud', () => {
  test('without the image of the embedded steps this machine cannot run the profile', () => {
    const {status, report} = doctor(['--profile', 'charliecloud'], {LYMPHLINE_IMAGES: empty});
    expect(status).toBe(1);
    expect(report.canRun).toBe(false);
    expect(report.job.words.replaceAll(empty, '<store>')).toBe(`The image "lymphline" is not here for charliecloud. Looked for:
    <store>/lymphline.dir
    Run \`lymphline images build lymphline\` where there is a network, then \`lymphline images convert lymphline --engine charliecloud\`, or name its file in the profile (images: {lymphline: …}).`);
    expect(report.steps.find(({step}) => step === 'qc')).toMatchObject({runsHere: false, words: 'the image lymphline is not here: lymphline images build lymphline, then lymphline images convert lymphline --engine charliecloud'});
  });
});
