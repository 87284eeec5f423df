// Hands jobs to Slurm: those that are ready at the same moment and want the same go together, as one array.
import {randomBytes} from 'node:crypto';
import {basename} from 'node:path';
import {setTimeout as wait} from 'node:timers/promises';
import {slurmDefaults} from '../../model/profile.ts';
import type {ClusterFacts} from './cluster-facts.ts';
import {sbatchOptions, stepOptions, withoutNodes} from './sbatch-options.ts';
import {batchScript} from './script.ts';
import type {SlurmSetting} from './setting.ts';
import {findByName} from './ask-states.ts';
import type {SlurmClient} from './slurm-client.ts';
import {writeSubmission, type SubmissionRecord} from './submission-record.ts';
import type {SlurmTask} from './task.ts';

export interface Submitter {
  readonly add: (task: SlurmTask) => void;
}

export interface SubmitScene {
  readonly setting: SlurmSetting;
  readonly client: SlurmClient;
  readonly facts: () => Promise<ClusterFacts | undefined>;
  readonly handedOver: (task: SlurmTask) => void;
}

/** Jobs of one wave become ready within milliseconds of each other; none waits longer than the second for its company. */
const company = {quietMs: 40, longestMs: 300};
/** The script is kept by the controller; sites allow 4 MB by default (max_script_size). */
const longestScript = 1_000_000;

export function startSubmitter(scene: SubmitScene): Submitter {
  let waiting: SlurmTask[] = [];
  let oldest = 0;
  let timer: NodeJS.Timeout | undefined;
  let chain = Promise.resolve();
  const flush = (): void => {
    // One sbatch at a time: a controller serves all users. What becomes ready meanwhile goes together.
    chain = chain.then(async () => {
      const tasks = waiting;
      waiting = [];
      try {
        await submitAll(tasks, scene);
      } catch (error) {
        for (const task of tasks) task.fail(error);
      }
    });
  };
  return {
    add(task) {
      if (waiting.length === 0) oldest = Date.now();
      waiting.push(task);
      clearTimeout(timer);
      timer = setTimeout(flush, Math.max(0, Math.min(company.quietMs, oldest + company.longestMs - Date.now())));
    },
  };
}

async function submitAll(tasks: readonly SlurmTask[], scene: SubmitScene): Promise<void> {
  const facts = tasks.length > 1 ? await scene.facts() : undefined;
  const most = Math.max(1, Math.min(scene.setting.profile.array_size ?? slurmDefaults.array_size, facts?.maxArraySize ?? 1));
  const groups = Map.groupBy(tasks, ({launch}) => JSON.stringify([stepOf(launch.job), launch.limits, launch.timeoutSeconds, launch.avoidNodes]));
  for (const group of groups.values()) for (const chunk of chunksOf(group, most)) await submit(chunk, scene);
}

const stepOf = (job: string): string => job.split('/', 1)[0];

function chunksOf(tasks: readonly SlurmTask[], most: number): SlurmTask[][] {
  const chunks: SlurmTask[][] = [];
  let bytes = 0;
  for (const task of tasks) {
    const own = task.launch.argv.join(' ').length + JSON.stringify(task.launch.environment).length;
    if (chunks.length === 0 || chunks[chunks.length - 1].length >= most || bytes + own > longestScript) {
      chunks.push([]);
      bytes = 0;
    }
    chunks[chunks.length - 1].push(task);
    bytes += own;
  }
  return chunks;
}

async function submit(all: readonly SlurmTask[], {setting, client, handedOver}: SubmitScene): Promise<void> {
  const tasks = all.filter((task) => !stopped(task));
  if (tasks.length === 0) return;
  const [{launch}] = tasks;
  const token = `lymphline-${stepOf(launch.job)}-${randomBytes(6).toString('hex')}`;
  tasks.forEach((task, at) => {
    record(task, {attempt: task.attempt, job: task.launch.job, hash: task.launch.hash, token, ...(tasks.length > 1 ? {task: at} : {}), submitted: task.record?.submitted ?? new Date().toISOString()});
  });
  const answer = await askUntilTaken(tasks, token, {setting, client});
  for (const task of tasks) {
    if (answer.kind === 'taken') {
      record(task, {...task.record!, jobId: answer.jobId});
      handedOver(task);
    } else task.settle(answer.kind === 'refused' ? {kind: 'slurm-ended', cause: 'submit-refused', jobId: '', state: 'unknown', reason: answer.words} : {kind: 'interrupted'});
  }
}

function record(task: SlurmTask, submission: SubmissionRecord): void {
  task.record = submission;
  writeSubmission(task.launch.files.submitted, submission);
}

/** `interrupted`: whether Slurm has them is not known; the records stay for the next engine. */
type Taken = {readonly kind: 'taken'; readonly jobId: string} | {readonly kind: 'refused'; readonly words: string} | {readonly kind: 'interrupted'};

async function askUntilTaken(tasks: readonly SlurmTask[], token: string, {setting, client}: Pick<SubmitScene, 'setting' | 'client'>): Promise<Taken> {
  const [{launch}] = tasks;
  const script = scriptOf(tasks, token, setting);
  const comment = JSON.stringify({lymphline: setting.run, job: launch.job, jobs: tasks.length});
  const optionsWithout = (nodes: readonly string[]): string[] => [
    ...stepOptions, ...sbatchOptions(withoutNodes(setting.profile, nodes), {...launch.limits, minutes: launch.timeoutSeconds / 60}, {name: token, comment, output: setting.outputPath, folder: setting.folder}),
    ...(tasks.length > 1 ? [`--array=0-${tasks.length - 1}`] : []),
  ];
  let avoided = launch.avoidNodes ?? [];
  for (let tries = 0; ; tries++) {
    const answer = await client.ask('sbatch', optionsWithout(avoided), script);
    if (answer.kind === 'refused') {
      if (avoided.length === 0) return {kind: 'refused', words: answer.words};
      // Without those there may be no node at all.
      avoided = [];
      continue;
    }
    const told = answer.kind === 'answered' ? /^\d+/.exec(answer.stdout)?.[0] : undefined;
    if (told !== undefined) return {kind: 'taken', jobId: told};
    if (tries % 10 === 0) setting.say(`Slurm did not take ${tasks.length === 1 ? launch.job : `${tasks.length} jobs of ${stepOf(launch.job)}`}: ${answer.kind === 'unreachable' ? answer.words : 'sbatch told no id'}. It is asked again.`);
    await wait(Math.min(30, 2 ** tries) * 1000, undefined, launch.signal === undefined ? {} : {signal: launch.signal}).catch(() => {});
    // The question may have arrived, and only the answer been lost.
    const found = await findByName(client, token);
    if (found !== undefined) return {kind: 'taken', jobId: found};
    if (tasks.every((task) => task.launch.signal?.aborted)) return {kind: 'interrupted'};
  }
}

function scriptOf(tasks: readonly SlurmTask[], token: string, {setUp, endedFolder}: SlurmSetting): string {
  const [{launch: {files}}] = tasks;
  return batchScript(
    tasks.map(({attempt, launch: {folder, logPath, argv, environment, scratch}}) => ({attempt, folder, logPath, argv, environment, ...(scratch === undefined ? {} : {scratch})})),
    {token, setUp, endedFolder, files: {submitted: basename(files.submitted), started: basename(files.started), exit: basename(files.exit), closing: files.closing.map((path) => basename(path))}},
  );
}

/** Nothing has been handed over: there is nothing to take back. */
function stopped(task: SlurmTask): boolean {
  if (task.launch.signal?.aborted !== true) return false;
  task.settle({kind: 'interrupted'});
  return true;
}
