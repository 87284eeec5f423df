// The Slurm launcher: a command becomes a job of Slurm, alone or in an array with its like.
import {randomUUID} from 'node:crypto';
import {closeSync, existsSync, openSync, readdirSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {slurmDefaults} from '../../model/profile.ts';
import type {Launcher} from '../launcher.ts';
import {askClusterFacts, type ClusterFacts} from './cluster-facts.ts';
import {scratchWord} from './scratch-script.ts';
import type {SlurmSetting} from './setting.ts';
import {scancelWords} from './cancel.ts';
import {slurmClient, type SlurmProgram} from './slurm-client.ts';
import {readSubmission} from './submission-record.ts';
import {startSubmitter, type Submitter} from './submit.ts';
import type {SlurmTask} from './task.ts';
import {startWatch} from './watch.ts';

export interface SlurmLauncher extends Launcher {
  /** How often each of Slurm's programs was called. */
  readonly counts: Readonly<Record<SlurmProgram, number>>;
}

export function slurmLauncher(setting: SlurmSetting): SlurmLauncher {
  const client = slurmClient(setting.environment);
  // Marks that no engine saw: the attempts themselves are asked when they are taken over.
  for (const name of readdirSync(setting.endedFolder)) rmSync(join(setting.endedFolder, name), {force: true});
  let known: ClusterFacts | undefined;
  const facts = async (): Promise<ClusterFacts | undefined> => (known ??= await askClusterFacts(client));
  const watch = startWatch({setting, client, facts, submit: (task) => submitter.add(task)});
  const submitter: Submitter = startSubmitter({setting, client, facts, handedOver: watch.add});
  return {
    name: 'slurm',
    scratchWord,
    counts: client.counts,
    fileGraceSeconds: setting.profile.grace_seconds ?? slurmDefaults.grace_seconds,
    launch: (launch) =>
      new Promise((settle, fail) => {
        // Whoever reads the log finds one, also of a job that never starts.
        closeSync(openSync(launch.logPath, 'a'));
        const record = launch.isUnderWay === true ? readSubmission(launch.files.submitted) : undefined;
        const task: SlurmTask = {launch, attempt: record?.attempt ?? randomUUID(), settle, fail, ...(record === undefined ? {} : {record})};
        if (record === undefined) submitter.add(task);
        else watch.add(task);
      }),
    findUnderWay: (files) => (files.closing.some((path) => existsSync(path)) ? undefined : readSubmission(files.submitted)?.hash),
    async takeBack(files) {
      const record = readSubmission(files.submitted);
      if (record === undefined) return;
      const {kind} = await client.ask('scancel', scancelWords(record.token, record.jobId === undefined ? [] : [record.task === undefined ? record.jobId : `${record.jobId}_${record.task}`]));
      // Without its record it does not start any more, even if Slurm did not hear.
      if (kind === 'answered') rmSync(files.submitted, {force: true});
    },
  };
}
