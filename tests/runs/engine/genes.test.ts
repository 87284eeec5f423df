// `differential_expression` in the run file: nothing is planned without it; with it, a machine without R is told before anything starts.
import {cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {projectRoot, runCli} from '../../rig/cli.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-plan-'));
  for (const name of ['kang2018-genes', 'kang2018-h5ad']) cpSync(join(projectRoot, 'configs', name), join(folder, name), {recursive: true});
  cpSync(join(projectRoot, 'steps/pseudobulk/example/P1-a.h5ad'), join(folder, 'data/kang/kang2k.h5ad'), {recursive: true});
});
afterAll(() => rmSync(folder, {recursive: true}));

const environment = (): Record<string, string> => ({LYMPHLINE_DATA: join(folder, 'data'), LYMPHLINE_CACHE: join(folder, 'cache')});
const plannedSteps = (config: string): string[] => {
  const done = runCli(['plan', join(folder, config, 'run.yaml'), '--json'], environment());
  expect(done).toMatchObject({status: 0});
  return [...new Set((JSON.parse(done.stdout) as {jobs: {step: string}[]}).jobs.map((job) => job.step))];
};

test('without the key neither step is planned', () => {
  const steps = plannedSteps('kang2018-h5ad');
  expect(steps).toContain('compare-timepoints');
  expect(steps.filter((step) => ['pseudobulk', 'differential-expression'].includes(step))).toEqual([]);
});

test('with the key and without R on PATH the run ends before it starts', () => {
  const done = runCli(['run', join(folder, 'kang2018-genes/run.yaml'), '--run-dir', join(folder, 'run')], {...environment(), PATH: join(folder, 'no-programs')});
  expect(done.status).toBe(2);
  expect(done.stderr.replaceAll(folder, '<folder>')).toBe(`differential-expression needs R (^4\\.): it is not there (Rscript: spawn Rscript ENOENT).
    Put it on PATH, or choose a --profile with a container engine (image "r-limma").
1 problem; nothing was started.
`);
});

test('false is as good as unset', () => {
  const path = join(folder, 'kang2018-genes/run.yaml');
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, text.replace('differential_expression: true', 'differential_expression: false'));
  expect(plannedSteps('kang2018-genes')).not.toContain('pseudobulk');
});
