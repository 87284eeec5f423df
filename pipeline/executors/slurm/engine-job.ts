// The batch job that the engine itself runs in: handed over once, found again by its name, followed by another before its time is up. What a signal
// means to it is in end-notice.ts.
import {randomBytes} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {setTimeout as wait} from 'node:timers/promises';
import {writeFileAtomic} from '../../base/atomic-file.ts';
import {shellWord} from '../../base/shell-word.ts';
import {slurmDefaults, type SlurmProfile} from '../../model/profile.ts';
import {engineJobVariable} from './hand-over.ts';
import {sbatchOptions} from './sbatch-options.ts';
import type {SlurmClient} from './slurm-client.ts';

export interface EngineJobRecord {
  /** Its name, unlike any other. */
  readonly token: string;
  /** Absent until sbatch has said it. */
  readonly jobId?: string;
  readonly submitted: string;
}

export interface EngineJobPlan {
  readonly profile: SlurmProfile;
  readonly setUp: readonly string[];
  /** PATH, which the files of a login shell may set anew. */
  readonly path: string | undefined;
  readonly argv: readonly string[];
  /** Where it starts, and where what it prints goes. */
  readonly folder: string;
  readonly output: string;
  readonly run: string;
  readonly recordPath: string;
}

/** Before its time is up, so that what is under way is recorded and the next one is in the queue; Slurm may send the signal a minute early. */
const handOverSeconds = (minutes: number): number => Math.max(30, Math.min(300, Math.round(minutes * 6)));

export function readEngineJob(path: string): EngineJobRecord | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as EngineJobRecord;
  } catch {
    return undefined;
  }
}

/** Its id, or why Slurm refused it. Where nobody answers, it is asked `tries` times. */
export async function submitEngineJob(client: SlurmClient, plan: EngineJobPlan, tries: number): Promise<{jobId: string} | {words: string}> {
  const {cpus = slurmDefaults.engine.cpus, memory_gb = slurmDefaults.engine.memory_gb, minutes = slurmDefaults.engine.minutes, partition = plan.profile.partition} = plan.profile.engine ?? {};
  const token = `lymphline-engine-${randomBytes(6).toString('hex')}`;
  const record = {token, submitted: new Date().toISOString()};
  writeFileAtomic(plan.recordPath, `${JSON.stringify(record)}\n`);
  const options = [
    // A node that dies takes the engine along: Slurm starts it again, and it takes its jobs over.
    '--requeue', '--export=ALL', `--signal=B:USR2@${handOverSeconds(minutes)}`,
    ...sbatchOptions({...plan.profile, ...(partition === undefined ? {} : {partition})}, {cpus, memory_gb, minutes}, {name: token, comment: JSON.stringify({lymphline: plan.run, engine: true}), output: plan.output, folder: plan.folder}),
  ];
  for (let tried = 1; ; tried++) {
    const answer = await client.ask('sbatch', options, engineScript(plan));
    if (answer.kind === 'refused') return {words: answer.words};
    const jobId = /^\d+/.exec(answer.stdout)?.[0] ?? (await stateOfEngineJob(client, record))?.jobId;
    if (jobId !== undefined) {
      writeFileAtomic(plan.recordPath, `${JSON.stringify({...record, jobId})}\n`);
      return {jobId};
    }
    if (tried >= tries) return {words: answer.words};
    await wait(5000);
  }
}

/** exec: the signal of the batch shell is then the engine's. */
function engineScript({setUp, path, argv}: EngineJobPlan): string {
  return [
    setUp.length > 0 ? '#!/bin/bash -l' : '#!/bin/sh',
    ...(path === undefined ? [] : [`export PATH=${shellWord(path)}`]),
    ...setUp.map((line) => `${line}\n[ $? = 0 ] || { echo ${shellWord(`the set-up line ${JSON.stringify(line)} failed`)} >&2; exit 1; }`),
    // Until the engine listens, the signal is nothing.
    "trap '' USR2",
    `export ${engineJobVariable}=1`,
    `exec ${argv.map(shellWord).join(' ')}`,
    '',
  ].join('\n');
}

export interface EngineJobState {
  readonly jobId: string;
  readonly state: string;
  readonly reason: string;
  readonly node: string;
}

/** Undefined where Slurm no longer knows it, or does not answer. */
export async function stateOfEngineJob(client: SlurmClient, {token}: EngineJobRecord): Promise<EngineJobState | undefined> {
  const answer = await client.ask('squeue', ['--noheader', '--states=all', `--name=${token}`, '--format=%F|%T|%r|%N']);
  const [jobId = '', state = '', reason = '', node = ''] = answer.stdout.trim().split('\n').at(-1)?.split('|') ?? [];
  return answer.kind === 'answered' && state !== '' ? {jobId, state, reason, node} : undefined;
}

/** Will it still work, or does it? */
export const isAhead = ({state}: EngineJobState): boolean => /^(PENDING|RUNNING|CONFIGURING|SUSPENDED|COMPLETING|REQUEUED)$/.test(state);
