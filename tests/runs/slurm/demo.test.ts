// The demo through a real Slurm, each job in a Charliecloud image, gives the bytes of a run on this machine without either.
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, expect, test} from 'vitest';
import {describeWithEngine} from '../../rig/engines.ts';
import {cliOnMachine, provideImage} from '../../rig/program-image.ts';
import {describeWithSlurm} from '../../rig/slurm.ts';

const folder = mkdtempSync(join(tmpdir(), 'lymphline-slurm-demo-'));
const cohort = join(folder, 'cohort');
afterAll(() => rmSync(folder, {recursive: true, force: true}));

/** Each with a cache of its own, or the second would take the results of the first. */
function run(profile: string, environment: Readonly<Record<string, string>> = {}): string {
  const ran = cliOnMachine(['run', join(cohort, 'run.yaml'), '--profile', profile, '--run-dir', join(folder, profile)], {LYMPHLINE_CACHE: join(folder, `${profile}-cache`), ...environment});
  expect(`${ran.stderr.slice(-2000)} exit ${String(ran.status)}`).toMatch(/exit 0$/);
  return ran.stderr;
}
const manifest = (profile: string): unknown => JSON.parse(readFileSync(join(folder, profile, 'results/manifest.json'), 'utf8'));

describeWithEngine('charliecloud', () => {
  // Nodes that claim the memory that the steps ask for.
  describeWithSlurm('the demo through Slurm', {memory: 64_000}, (cluster) => {
    test('gives the same manifest as on this machine', () => {
      provideImage('lymphline', 'charliecloud');
      expect(cliOnMachine(['simulate', cohort, '--patients', '2', '--cells', '80'])).toMatchObject({status: 0});
      run('laptop');
      const said = run('slurm-charliecloud', {SLURM_CONF: String(cluster.environment['SLURM_CONF'])});
      expect(said).toMatch(/ 41 jobs run, 0 reused, 0 failed, 0 not started/);
      expect(manifest('slurm-charliecloud')).toEqual(manifest('laptop'));
    }, 1_200_000);
  });
});
