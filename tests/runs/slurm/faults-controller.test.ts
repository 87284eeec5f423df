// The controller goes away and comes back: in order, and killed, which loses what it had not saved. Nothing is lost, nothing runs twice, and no
// verdict is another job's.
import {existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as wait} from 'node:timers/promises';
import {afterAll, expect, test} from 'vitest';
import {handOver} from '../../../pipeline/executors/slurm/hand-over.ts';
import {describeWithSlurm, type Cluster} from '../../rig/slurm.ts';
import {slurmEngine, startsOf, until, verdictOf, type SlurmEngine, type SlurmJob} from '../../rig/slurm-jobs.ts';

const root = mkdtempSync(join(tmpdir(), 'lymphline-slurm-'));
afterAll(() => rmSync(root, {recursive: true, force: true}));

/** A job that counts how often its program begins. */
const counted = (script: string): string => `echo begun >>starts; ${script}`;

describeWithSlurm('a controller that is away', {}, (cluster) => {
  test('jobs run on without it, end without it and are taken when it is back', async () => {
    const said: string[] = [];
    const engine = slurmEngine(cluster, join(root, 'away'), {said});
    const jobs = {endsMeanwhile: engine.start('ends/x', {script: counted('sleep 2; exit 6')}), outlives: engine.start('outlives/x', {script: counted('sleep 64; exit 0')})};
    await Promise.all(Object.values(jobs).map((job) => job.wrote('starts')));
    cluster.do('stop-ctld');
    const late = engine.start('late/x', {script: counted('exit 0')});
    await wait(60_000);
    expect(startsOf(late)).toBe(0);
    cluster.do('start-ctld');
    expect(verdictOf(await jobs.endsMeanwhile.end)).toBe('exit 6');
    expect(verdictOf(await jobs.outlives.end)).toBe('exit 0');
    expect(verdictOf(await late.end)).toBe('exit 0');
    expect([jobs.endsMeanwhile, jobs.outlives, late].map(startsOf)).toEqual([1, 1, 1]);
    expect(said).toEqual(expect.arrayContaining([expect.stringMatching(/^Slurm did not take late\/x: /), expect.stringMatching(/^Slurm does not answer: /), expect.stringMatching(/^Slurm answers again, after \d+ s\.$/)]));
  });

  // The two moments differ in what the controller has saved of the jobs.
  test.each([1, 2])('killed: what had ended has ended once, what is lost is called lost, and a number given again misleads nobody (%i)', async (round) => {
    const folder = join(root, `killed-${round}`);
    const engine = slurmEngine(cluster, folder);
    const ended = await leave(slurmEngine(cluster, folder), 'ended/x', counted('exit 7'));
    const running = engine.start('running/x', {script: counted('echo $$ >pid; sleep 20; touch finished; exit 0')});
    await Promise.all([ended.wrote('exit.json'), running.wrote('starts')]);
    await wait(round * 700);
    const fresh = engine.start('fresh/x', {script: counted('sleep 4; touch finished; exit 5')});
    const freshId = await fresh.id();
    cluster.do('kill-ctld');
    await wait(1000);
    cluster.do('start-ctld');
    // It may get the number of the one that was forgotten.
    const next = engine.start('next/x', {script: counted('exit 9')});
    const again = engine.start('ended/x', {script: 'not started again', isUnderWay: true});
    const verdicts = Object.fromEntries(await Promise.all(Object.entries({ended: again, running, fresh, next}).map(async ([name, job]) => [name, verdictOf(await job.end)] as const)));
    const isGivenAgain = freshId === (await next.id());
    console.log(`killed controller, round ${round}: ${JSON.stringify(verdicts)}, ${freshId} ${isGivenAgain ? 'was' : 'was not'} given again`);
    expect(verdicts['ended']).toBe('exit 7');
    // A node that still holds the forgotten one refuses another of its number ("Duplicate jobid"), and the controller then cancels that.
    expect(verdicts['next']).toMatch(isGivenAgain ? /^(exit 9|vanished .*)$/ : /^exit 9$/);
    expect(verdicts['running']).toMatch(/^(exit 0|vanished .*)$/);
    expect(verdicts['fresh']).toMatch(/^(exit 5|vanished .*)$/);
    // A killed controller starts again what it has forgotten to be over: our script refuses.
    await until('an empty queue', () => cluster.ask('squeue', '--noheader', '--format=%A').trim() === '' || undefined);
    expect([ended, running, fresh, next].map(startsOf).filter((n) => n > 1)).toEqual([]);
    expect([startsOf(ended), startsOf(running)]).toEqual([1, 1]);
    if (verdicts['next'] === 'exit 9') expect(startsOf(next)).toBe(1);
    // What is called lost runs as its next attempt.
    expect(verdictOf(await engine.start('again/x', {script: counted('exit 9')}).end)).toBe('exit 9');
    // One that is called lost does not run on beside its next attempt: its node, asked again, ended it.
    const process = `/proc/${readFileSync(join(running.folder.root, 'pid'), 'utf8').trim()}`;
    await until('the end of what was lost', () => !existsSync(process) || undefined);
    expect(existsSync(join(running.folder.root, 'finished'))).toBe(verdicts['running'] === 'exit 0');
    freshen(cluster);
  });
});

/** Handed over by an engine that then dies. */
async function leave(engine: SlurmEngine, job: string, script: string): Promise<SlurmJob> {
  const controller = new AbortController();
  const left = engine.start(job, {script, signal: controller.signal});
  await left.id();
  controller.abort(handOver);
  await left.end;
  return left;
}

/** "Duplicate jobid" drains a node; an administrator would look and resume it. */
function freshen(cluster: Cluster): void {
  for (const node of cluster.nodes) if (/drain/.test(cluster.ask('sinfo', '--noheader', '--nodes', node, '--format=%T'))) cluster.ask('scontrol', 'update', `nodename=${node}`, 'state=resume');
}
