// Interrupted jobs: taken back from Slurm, and waited for.
import {rmSync} from 'node:fs';
import type {Judgement} from './judge.ts';
import type {SlurmSetting} from './setting.ts';
import type {SlurmAnswer, SlurmClient} from './slurm-client.ts';
import {idOf, isHandedOver, isLive, type SlurmTask} from './task.ts';

/** Slurm itself waits this long between its polite and its last signal by default (KillWait 30 s). */
const longestWaitMs = 60_000;

/** Takes back all that were interrupted since the last call; tells whether there were any. An engine that hands over leaves its jobs alone. */
export async function cancelAborted(live: Set<SlurmTask>, {client, setting}: {client: SlurmClient; setting: SlurmSetting}): Promise<boolean> {
  const aborted = [...live].filter((task) => task.launch.signal?.aborted === true && task.cancelledAt === undefined);
  if (aborted.length === 0) return false;
  const handedOver = aborted.filter(isHandedOver);
  for (const task of handedOver) leave(task, live);
  const own = aborted.filter((task) => !isHandedOver(task));
  if (own.length === 0) return false;
  let silent: SlurmAnswer | undefined;
  for (const words of scancels(own)) {
    const answer = await client.ask('scancel', words);
    if (answer.kind !== 'answered') silent ??= answer;
  }
  if (silent !== undefined) {
    setting.say(`Slurm did not take ${own.length} jobs back: ${silent.words}. They may go on; the next run takes them over.`);
    for (const task of own) leave(task, live);
  }
  for (const task of own) task.cancelledAt = Date.now();
  return true;
}

/** Those that Slurm has shown with their names go together by number; of the others each submission by itself. */
function scancels(tasks: readonly SlurmTask[]): string[][] {
  const seen = tasks.filter(isLive).flatMap((task) => idOf(task) ?? []);
  const unseen = Map.groupBy(tasks.filter(({state}) => typeof state !== 'object'), ({record}) => record?.token ?? '');
  return [...(seen.length > 0 ? [seen] : []), ...[...unseen].map(([token, group]) => scancelWords(token, group.flatMap((task) => idOf(task) ?? [])))];
}

/** A number alone may be another job's by now (SlurmState.name); with a name, scancel passes over it. It takes one name, and no error is made of none. */
export const scancelWords = (token: string, ids: readonly string[]): string[] => [`--name=${token}`, ...ids];

function leave(task: SlurmTask, live: Set<SlurmTask>): void {
  live.delete(task);
  task.settle({kind: 'interrupted'});
}

/** Once nothing of it runs any more. One that ended well before the signal came keeps its record: the next run takes its result. */
export function endOfCancelled(task: SlurmTask): Judgement {
  const hasEnded = (task.state !== undefined && task.state !== 'unreachable' && !isLive(task)) || Date.now() - (task.cancelledAt ?? 0) > longestWaitMs;
  if (!hasEnded) return {kind: 'wait', why: 'it is being cancelled'};
  if (task.exit?.exitCode !== 0) rmSync(task.launch.files.submitted, {force: true});
  return {kind: 'ended', end: {kind: 'interrupted'}, inQueue: false};
}
