// The demo wholly inside the lymphline image gives the bytes of the embedded run. Docker by default; LYMPHLINE_DEMO_ENGINES=docker,podman,… for more.
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {describeWithEngine, type EngineName} from '../../rig/engines.ts';
import {cliOnMachine, provideImage} from '../../rig/program-image.ts';

const engines = (process.env['LYMPHLINE_DEMO_ENGINES'] ?? 'docker').split(',') as EngineName[];
const folder = mkdtempSync(join(tmpdir(), 'lymphline-in-image-'));
const cohort = join(folder, 'cohort');

/** Each with a cache of its own: in every engine it is the same image, so that one would take the other's results. */
const run = (profile: string): void => {
  const ran = cliOnMachine(['run', join(cohort, 'run.yaml'), '--profile', profile, '--run-dir', join(folder, profile), '--quiet'], {LYMPHLINE_CACHE: join(folder, `${profile}-cache`)});
  expect(`${ran.stderr.slice(-2000)} exit ${String(ran.status)}`).toMatch(/exit 0$/);
};
const json = <T>(...path: string[]): T => JSON.parse(readFileSync(join(folder, ...path), 'utf8')) as T;
const manifest = (profile: string): unknown => json(profile, 'results/manifest.json');

/** Jobs that ran, not taken from a cache. */
const completed = (profile: string): string[] =>
  readFileSync(join(folder, profile, 'events.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as {kind: string; job: string}).filter(({kind}) => kind === 'job-completed').map(({job}) => job).sort();

beforeAll(() => {
  expect(cliOnMachine(['simulate', cohort, '--patients', '2', '--cells', '80'])).toMatchObject({status: 0});
  run('laptop');
}, 1_200_000);
afterAll(() => rmSync(folder, {recursive: true, force: true}));

for (const name of engines) {
  describeWithEngine(name, () => {
    test(`the demo in the lymphline image by ${name} has the same results, byte for byte`, () => {
      provideImage('lymphline', name);
      run(name);
      expect(manifest(name)).toEqual(manifest('laptop'));
      expect((manifest(name) as {files: unknown[]}).files.length).toBeGreaterThan(30);
      expect(completed(name)).toEqual(completed('laptop'));
      const {images, programs} = json<{images: Record<string, {id: string}>; programs: Record<string, string>}>(name, 'run.json');
      expect(images['lymphline'].id).toMatch(/^sha256:[0-9a-f]{64}$/);
      expect(new Set(Object.values(programs))).toEqual(new Set([images['lymphline'].id]));
    }, 1_200_000);
  });
}
