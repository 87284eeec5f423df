// Follows the jobs that Slurm has: a folder says which have ended, one question for all says what Slurm thinks, and the judge decides.
import {existsSync, readdirSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as wait} from 'node:timers/promises';
import {slurmDefaults} from '../../model/profile.ts';
import type {ProcessEnd} from '../process.ts';
import {askQueue} from './ask-states.ts';
import {cancelAborted, endOfCancelled} from './cancel.ts';
import {readExitFile} from './exit-file.ts';
import {hearStates, type HearScene} from './hear-states.ts';
import {judge, type Judgement} from './judge.ts';
import {startPace, type Pace} from './pace.ts';
import {startPeaks, type Peak} from './peak.ts';
import type {SlurmSetting} from './setting.ts';
import {idOf, isLive, type SlurmTask} from './task.ts';

export interface Watch {
  readonly add: (task: SlurmTask) => void;
}

export interface WatchScene extends HearScene {
  readonly setting: SlurmSetting;
}

/** Between two looks into the folder of ends. */
const lookMs = 250;
const settleMs = 150;

export function startWatch(scene: WatchScene): Watch {
  const live = new Set<SlurmTask>();
  const pace = startPace(scene.setting.profile.poll_seconds ?? slurmDefaults.poll_seconds);
  const silence = startSilence(scene.setting.say);
  const peaksOf = startPeaks(scene);
  let isLooking = false;
  const look = async (): Promise<void> => {
    isLooking = true;
    try {
      while (live.size > 0) {
        await lookOnce({live, pace, silence, peaksOf}, scene);
        if (live.size > 0) await wait(lookMs);
      }
    } catch (error) {
      for (const task of live) task.fail(error);
      live.clear();
    }
    isLooking = false;
  };
  return {
    add(task) {
      // The first that is handed over will wait a while; what an earlier engine handed over is asked for at once.
      if (live.size === 0 && task.launch.isUnderWay !== true) pace.asked(true);
      live.add(task);
      if (!isLooking) void look();
    },
  };
}

interface Watched {
  readonly live: Set<SlurmTask>;
  readonly pace: Pace;
  readonly silence: Silence;
  readonly peaksOf: ReturnType<typeof startPeaks>;
}

async function lookOnce({live, pace, silence, peaksOf}: Watched, scene: WatchScene): Promise<void> {
  if (await cancelAborted(live, scene)) pace.hasNews();
  if (readEnds(live, scene.setting.endedFolder)) {
    pace.hasNews();
    // Slurm hears of an end a moment after its file is there.
    await wait(settleMs);
  }
  if (live.size > 0 && pace.isDue([...live].some(({exit, cancelledAt}) => exit !== undefined || cancelledAt !== undefined))) {
    const answer = await askQueue(scene.client, scene.setting.uid);
    if ('words' in answer) for (const task of live) task.state = 'unreachable';
    silence.heard('words' in answer ? answer.words : undefined);
    pace.asked('words' in answer ? false : await hearStates(live, answer, scene));
    // One that Slurm has done with may have written its file since.
    readEnds(live, scene.setting.endedFolder);
  }
  const ended = [...live].flatMap((task) => {
    const judged = task.cancelledAt === undefined ? endOf(task, scene.setting) : endOfCancelled(task);
    return judged?.kind === 'ended' ? [{task, ...judged}] : [];
  });
  const peaks = await peaksOf(ended.map(({task}) => task));
  for (const {task, end, inQueue} of ended) {
    live.delete(task);
    rmSync(join(scene.setting.endedFolder, task.attempt), {force: true});
    if (inQueue) await scene.client.ask('scancel', [idOf(task) ?? '']);
    tellRun(task, peaks.get(task));
    task.settle(end);
  }
}

function tellRun({exit, record, launch}: SlurmTask, peak: Peak | undefined): void {
  if (exit === undefined) return;
  launch.onRan?.({job_id: exit.slurmJobId, node: exit.node, submitted: record?.submitted ?? exit.started, started: exit.started, ended: exit.ended});
  if (typeof peak === 'number') launch.onPeak?.(peak);
  else if (peak !== undefined) launch.onNoPeak?.(peak);
}

/** Tells whether there is a new one. The files of jobs that Slurm has done with are looked for themselves: a mark may be lost. */
function readEnds(live: ReadonlySet<SlurmTask>, folder: string): boolean {
  const marks = new Set(readdirSync(folder));
  let isNew = false;
  for (const task of live) {
    if (task.exit !== undefined || !(marks.has(task.attempt) || task.launch.isUnderWay === true || (task.state !== undefined && !isLive(task)))) continue;
    const exit = readExitFile(task.launch.files.exit, task.attempt);
    if (exit === undefined) continue;
    task.exit = exit;
    task.exitSeenAt = Date.now();
    isNew = true;
  }
  return isNew;
}

function endOf(task: SlurmTask, {profile}: SlurmSetting): Judgement | undefined {
  const {exit, launch, state} = task;
  const ended = (end: ProcessEnd): Judgement => ({kind: 'ended', end, inQueue: false});
  if (exit?.notStarted !== undefined) return ended({kind: 'not-started', command: launch.argv[0] ?? '', code: exit.notStarted});
  const unready = exit?.setUp === undefined ? exit?.notReady : `the set-up line ${JSON.stringify(exit.setUp)} failed`;
  if (exit !== undefined && unready !== undefined) return ended({kind: 'slurm-ended', cause: 'launch-failed', jobId: exit.slurmJobId, state: 'FAILED', reason: unready, node: exit.node});
  if (exit?.notCopiedOut !== undefined && exit.stoppedBy === undefined) return ended({kind: 'not-copied-out', path: launch.scratch?.outputs ?? launch.folder, code: exit.notCopiedOut});
  if (state === undefined) return undefined;
  const since = (at: number | undefined): number => (at === undefined ? 0 : (Date.now() - at) / 1000);
  return judge({
    jobId: idOf(task) ?? '', exitFile: exit, secondsSinceExitFile: since(task.exitSeenAt), hasBegun: exit !== undefined || isLive(task) || existsSync(launch.files.started), state, secondsWithoutAnswer: state === 'unreachable' ? 0 : since(task.goneSince), pendingSeconds: since(task.pendingSince),
    graceSeconds: profile.grace_seconds ?? slurmDefaults.grace_seconds,
  });
}

interface Silence {
  /** `words` of a controller that does not answer. */
  readonly heard: (words: string | undefined) => void;
}

/** Said once it begins, every five minutes while it lasts, and when it is over. */
function startSilence(say: (text: string) => void): Silence {
  let since: number | undefined;
  let saidAt = 0;
  return {
    heard(words) {
      const now = Date.now();
      if (words === undefined) {
        if (since !== undefined) say(`Slurm answers again, after ${Math.round((now - since) / 1000)} s.`);
        since = undefined;
        return;
      }
      since ??= now;
      if (now - saidAt < 300_000) return;
      saidAt = now;
      say(`Slurm does not answer: ${words}. Its jobs go on without it; it is asked again.`);
    },
  };
}
