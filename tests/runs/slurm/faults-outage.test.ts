// The controller goes away for a minute, in order, and comes back.
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as wait} from 'node:timers/promises';
import {afterAll, expect, test} from 'vitest';
import {describeWithSlurm} from '../../rig/slurm.ts';
import {slurmEngine, startsOf, verdictOf} from '../../rig/slurm-jobs.ts';

const root = mkdtempSync(join(tmpdir(), 'lymphline-slurm-'));
afterAll(() => rmSync(root, {recursive: true, force: true}));

describeWithSlurm('a controller that is away for a minute', {}, (cluster) => {
  test('jobs run on without it, end without it and are taken when it is back', async () => {
    const said: string[] = [];
    const engine = slurmEngine(cluster, root, {said});
    const jobs = {
      endsMeanwhile: engine.start('ends/x', {script: 'echo begun >>starts; sleep 2; exit 6'}),
      outlives: engine.start('outlives/x', {script: 'echo begun >>starts; until [ -e go ]; do sleep 0.2; done; exit 0'}),
    };
    await Promise.all(Object.values(jobs).map((job) => job.wrote('starts')));
    cluster.do('stop-ctld');
    const late = engine.start('late/x', {script: 'echo begun >>starts; exit 0'});
    await wait(60_000);
    expect([jobs.endsMeanwhile, jobs.outlives, late].map(startsOf)).toEqual([1, 1, 0]);
    await jobs.endsMeanwhile.wrote('exit.json');
    cluster.do('start-ctld');
    expect(verdictOf(await jobs.endsMeanwhile.end)).toBe('exit 6');
    jobs.outlives.write('go');
    expect(verdictOf(await jobs.outlives.end)).toBe('exit 0');
    expect(verdictOf(await late.end)).toBe('exit 0');
    expect([jobs.endsMeanwhile, jobs.outlives, late].map(startsOf)).toEqual([1, 1, 1]);
    expect(said).toEqual(expect.arrayContaining([expect.stringMatching(/^Slurm did not take late\/x: /), expect.stringMatching(/^Slurm does not answer: /), expect.stringMatching(/^Slurm answers again, after \d+ s\.$/)]));
  });
});
