// The controller is killed and forgets what it had not saved. Nothing runs twice, no verdict is another job's, and what is lost is called lost: it
// is worth another attempt. What it has saved is the test's to say (save-ctld, forget-ctld), not the clock's.
import {existsSync, mkdtempSync, readFileSync, realpathSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, expect, test} from 'vitest';
import {handOver} from '../../../pipeline/executors/slurm/hand-over.ts';
import {describeWithSlurm} from '../../rig/slurm.ts';
import {slurmEngine, startsOf, stateOf, verdictOf, type SlurmEngine, type SlurmJob} from '../../rig/slurm-jobs.ts';
import {until} from '../../rig/until.ts';

const root = mkdtempSync(join(tmpdir(), 'lymphline-slurm-'));
afterAll(() => rmSync(root, {recursive: true, force: true}));

interface Case {
  /** When the controller saved what it knows last: it goes back to that. */
  readonly saved: 'before they were handed over' | 'while they waited' | 'while one ran and the other had ended';
  /** Of `running/x`. */
  readonly verdict: RegExp;
  /** Where the job is sent that gets a number for the second time: beside the job that has it, to another node, or anywhere. */
  readonly next: 'same' | 'other' | 'any';
}

/** A node ends what its controller does not know: with a signal that the job hears, or without. Either is tried again. */
const lost = /^(vanished .*|SIGTERM)$/;
const cases: readonly Case[] = [
  {saved: 'while one ran and the other had ended', verdict: /^exit 0$/, next: 'same'},
  {saved: 'while they waited', verdict: lost, next: 'other'},
  {saved: 'before they were handed over', verdict: lost, next: 'any'},
];

const counted = (script: string): string => `echo begun >>starts; echo $$ >pid; ${script}`;
const untilTold = counted('until [ -e go ]; do sleep 0.2; done; touch finished; exit 0');

// A cluster each, or a number that a node still holds would trouble the next one.
for (const {saved, verdict, next: place} of cases) {
  describeWithSlurm(`a controller that is killed, and saved last ${saved}`, {}, (cluster) => {
    test('what had ended has ended once, what is lost is called lost, and a number given again misleads nobody', async () => {
      const folder = join(root, saved);
      const at = (extra: readonly string[]): SlurmEngine => slurmEngine(cluster, folder, {profile: {extra}});
      const [first = '', second = ''] = cluster.nodes;
      const partition = (state: string): string => cluster.ask('scontrol', 'update', 'partitionname=main', `state=${state}`);

      if (saved === 'before they were handed over') cluster.do('save-ctld');
      if (saved === 'while they waited') partition('down');
      const ended = await leave(at([`--nodelist=${first}`]), 'ended/x', counted('exit 7'));
      const running = at([`--nodelist=${first}`]).start('running/x', {script: untilTold});
      const numbers = [await ended.id(), await running.id()];
      if (saved === 'while they waited') {
        cluster.do('save-ctld');
        partition('up');
      }
      await Promise.all([ended.wrote('exit.json'), running.wrote('pid')]);
      await until('Slurm to hear of the end', () => stateOf(cluster, numbers[0]) === 'FAILED');
      if (saved === 'while one ran and the other had ended') cluster.do('save-ctld');
      const fresh = at([`--nodelist=${second}`]).start('fresh/x', {script: untilTold});
      numbers.push(await fresh.id());
      await fresh.wrote('pid');

      cluster.do('forget-ctld');
      const next = at({same: [`--nodelist=${second}`], other: [`--exclude=${second}`], any: []}[place]).start('next/x', {script: counted('exit 9')});
      const forgotten = numbers.slice({'before they were handed over': 0, 'while they waited': 2, 'while one ran and the other had ended': 2}[saved]);
      expect(await next.id()).toBe(forgotten[0]);
      if (saved === 'while they waited') partition('up');
      const again = at([]).start('ended/x', {script: 'not started again', isUnderWay: true});
      if (verdict.test('exit 0')) running.write('go');
      const verdicts = Object.fromEntries(await Promise.all(Object.entries({ended: again, running, fresh, next}).map(async ([name, job]) => [name, verdictOf(await job.end)] as const)));
      console.log(`killed controller, saved ${saved}: ${JSON.stringify(verdicts)}`);
      expect(verdicts['ended']).toBe('exit 7');
      expect(verdicts['running']).toMatch(verdict);
      expect(verdicts['fresh']).toMatch(lost);
      // A node that still holds the forgotten one refuses another of its number, or ends that one for it.
      expect(verdicts['next']).toMatch(/^(exit 9|vanished .*)$/);
      if (verdicts['next'] === 'exit 9') expect(startsOf(next)).toBe(1);

      // What is called lost runs as a next attempt: at the latest when the forgotten numbers have all been given again.
      const attempts = [verdicts['next']];
      while (attempts.at(-1) !== 'exit 9' && attempts.length <= forgotten.length) attempts.push(verdictOf(await at([]).start(`attempt-${attempts.length}/x`, {script: counted('exit 9')}).end));
      expect(attempts.slice(0, -1).filter((one) => !lost.test(one))).toEqual([]);
      expect(attempts.at(-1)).toBe('exit 9');

      // A killed controller starts again what it has forgotten to be over: our script refuses.
      await until('an empty queue', () => cluster.ask('squeue', '--noheader', '--format=%A').trim() === '');
      expect([ended, running, fresh].map(startsOf)).toEqual([1, 1, 1]);
      expect(startsOf(next)).toBeLessThanOrEqual(1);
      // One that is called lost does not run on beside its next attempt: its node, asked again, ended it.
      for (const job of [running, fresh]) await until(`the end of ${job.folder.root}`, () => !isRunning(job));
      expect([running, fresh].map((job) => existsSync(join(job.folder.root, 'finished')))).toEqual([verdicts['running'] === 'exit 0', false]);
    });
  });
}

/** Handed over by an engine that then dies. */
async function leave(engine: SlurmEngine, job: string, script: string): Promise<SlurmJob> {
  const controller = new AbortController();
  const left = engine.start(job, {script, signal: controller.signal});
  await left.id();
  controller.abort(handOver);
  await left.end;
  return left;
}

/** Its shell: a number that a process had may be another's by now. */
function isRunning({folder}: SlurmJob): boolean {
  const process = `/proc/${readFileSync(join(folder.root, 'pid'), 'utf8').trim()}/cwd`;
  return existsSync(process) && realpathSync(process) === realpathSync(folder.root);
}
