// The states of all jobs in one question, however many they are.
import type {SlurmClient} from './slurm-client.ts';
import {parseMaxRss, parseSacct, parseSqueue, sacctFields, squeueFields, statesIn, type SlurmState} from './slurm-words.ts';

export interface KnownStates {
  readonly byId: ReadonlyMap<string, SlurmState>;
  /** Name of a submission -> its Slurm job. */
  readonly byName: ReadonlyMap<string, string>;
}

/** Of one user: nothing else is asked of the controller, and ids that it has forgotten are no error. `words` where it does not answer. */
export async function askQueue(client: SlurmClient, uid: number): Promise<KnownStates | {readonly words: string}> {
  const answer = await client.ask('squeue', ['--noheader', '--array', '--states=all', `--user=${uid}`, `--Format=${squeueFields}`]);
  const states = statesIn(answer, parseSqueue);
  if (states === 'unreachable') return {words: answer.words};
  return {byId: new Map(states.map((state) => [state.jobId, state])), byName: new Map(states.map(({name, jobId}) => [name, jobId.replace(/_.*/, '')]))};
}

/** What squeue has forgotten, where the cluster keeps accounts. */
export async function askAccounts(client: SlurmClient, ids: readonly string[]): Promise<readonly SlurmState[]> {
  const states = statesIn(await client.ask('sacct', ['--allocations', '--noheader', '--parsable2', `--jobs=${ids.join(',')}`, `--format=${sacctFields}`]), parseSacct);
  return states === 'unreachable' ? [] : states;
}

/** GB by job, as the accounts sampled them; a row may come a moment after its job has ended. */
export async function askPeaks(client: SlurmClient, ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const {kind, stdout} = await client.ask('sacct', ['--noheader', '--parsable2', `--jobs=${ids.join(',')}`, '--format=JobID,MaxRSS']);
  return kind === 'answered' ? parseMaxRss(stdout) : new Map();
}

/** The Slurm job of a submission whose answer was lost; undefined where there is none, or nobody answers. */
export async function findByName(client: SlurmClient, name: string): Promise<string | undefined> {
  const {kind, stdout} = await client.ask('squeue', ['--noheader', '--states=all', `--name=${name}`, '--format=%F']);
  return kind === 'answered' ? /^\d+/.exec(stdout)?.[0] : undefined;
}
