// What an answer of Slurm means for each job that is followed.
import {existsSync} from 'node:fs';
import {askAccounts, type KnownStates} from './ask-states.ts';
import type {ClusterFacts} from './cluster-facts.ts';
import type {SlurmClient} from './slurm-client.ts';
import type {SlurmState} from './slurm-words.ts';
import {writeSubmission} from './submission-record.ts';
import {idOf, isLive, type SlurmTask} from './task.ts';

export interface HearScene {
  readonly client: SlurmClient;
  readonly facts: () => Promise<ClusterFacts | undefined>;
  /** For one that Slurm never got. */
  readonly submit: (task: SlurmTask) => void;
}

/** Tells whether something has changed. */
export async function hearStates(live: Set<SlurmTask>, answer: KnownStates, scene: HearScene): Promise<boolean> {
  for (const task of live) if (idOf(task) === undefined) findAgain(task, answer, {live, submit: scene.submit});
  const forgotten = [...live].flatMap((task) => {
    const id = idOf(task);
    return id === undefined || ownState(task, answer.byId.get(id)) !== undefined ? [] : [id];
  });
  const hasAccounting = forgotten.length > 0 && (await scene.facts())?.hasAccounting === true;
  const accounts = new Map(hasAccounting ? (await askAccounts(scene.client, forgotten)).map((state) => [state.jobId, state]) : []);
  let didChange = false;
  for (const task of live) {
    const id = idOf(task) ?? '';
    const before = nameOf(task.state);
    task.state = ownState(task, answer.byId.get(id)) ?? ownState(task, accounts.get(id)) ?? 'unknown';
    if (nameOf(task.state) !== before) didChange = true;
    if (isLive(task)) delete task.goneSince;
    else task.goneSince ??= Date.now();
    if (nameOf(task.state) !== 'PENDING') delete task.pendingSince;
    else task.pendingSince ??= Date.now();
  }
  return didChange;
}

/** A controller that was killed gives the number of a job that it forgot to the next one. */
const ownState = ({record}: SlurmTask, state: SlurmState | undefined): SlurmState | undefined => (state?.name === record?.token ? state : undefined);

const nameOf = (state: SlurmState | string | undefined): string | undefined => (typeof state === 'object' ? state.state : state);

/**
 * An engine died between sbatch and its answer: the name tells the job. Where Slurm knows no such name and nothing has started, it never came to a
 * job, and is handed over again; should the old one come late after all, its name is no longer in the record and it does not run.
 */
function findAgain(task: SlurmTask, {byName}: KnownStates, {live, submit}: {live: Set<SlurmTask>; submit: (task: SlurmTask) => void}): void {
  const {record, launch} = task;
  if (record === undefined) return;
  const jobId = byName.get(record.token);
  if (jobId !== undefined) {
    task.record = {...record, jobId};
    writeSubmission(launch.files.submitted, task.record);
  } else if (!existsSync(launch.files.started) && !existsSync(launch.files.exit)) {
    live.delete(task);
    submit(task);
  }
}
