// A prepared run from its lock to its last words: one engine a run directory, every event told, results published.
import {appendFileSync} from 'node:fs';
import {setTimeout as wait} from 'node:timers/promises';
import {pino} from 'pino';
import {digestText} from '../base/digest.ts';
import {endLastLine} from '../base/file-end.ts';
import {makeFolders, systemErrorOf} from '../base/system-error.ts';
import {eventText, showProgress, showTrouble} from '../console/progress.ts';
import {writeFailureText} from '../console/run-failure-text.ts';
import {removeLeftovers} from '../executors/run-contained.ts';
import {removeOldScratch} from '../executors/scratch.ts';
import {askEndNotice} from '../executors/slurm/end-notice.ts';
import {engineJobVariable, handOver, isLeftToGoOn, leaveJobs} from '../executors/slurm/hand-over.ts';
import {slurmClient} from '../executors/slurm/slurm-client.ts';
import {takeBack} from '../executors/slurm/take-back.ts';
import {startWatchdog} from '../executors/watchdog.ts';
import type {Listener} from '../model/event.ts';
import {takeLock, type LockAnswer, type LockSetting} from '../record/lock.ts';
import {appendMeasured, measuredFile} from '../record/measured.ts';
import {publishResults, type Publication} from '../record/publish-results.ts';
import {attemptsOf} from '../record/run-directory.ts';
import {recordEvents} from '../record/run-log.ts';
import type {FinishedOutputs} from '../schedule/job-request.ts';
import {runWithQuarantine} from '../schedule/quarantine.ts';
import {removeSuperseded, rollingRemoval} from '../schedule/remove-intermediates.ts';
import {retrySetting} from '../schedule/retry-policy.ts';
import type {RunOutcome} from '../schedule/run-plan.ts';
import {hasRoom} from './check-space.ts';
import {exitCodes, type CommandContext} from './command.ts';
import {countEvents} from './count-events.ts';
import {finalWords} from './final-words.ts';
import {engineOf} from './find-programs.ts';
import {leftInSlurm} from './left-in-slurm.ts';
import type {PreparedRun} from './prepare-run.ts';
import {recordPlan, recordQuarantine, writeCrate} from './record-run.ts';
import {maxJobs, poolOf, startLauncher} from './start-launcher.ts';
import {submitSuccessor} from './submit-engine.ts';

/** `given`: outputs of jobs that are not among the requests. */
export async function runPrepared(context: CommandContext, prepared: PreparedRun, given?: ReadonlyMap<string, FinishedOutputs>): Promise<number> {
  const {root, lock: lockPath} = prepared.directory;
  const isEngineJob = context.environment[engineJobVariable] !== undefined;
  let release = (): void => {};
  try {
    makeFolders(root);
    const lost = new AbortController();
    const lock = await takeLockPatiently(lockPath, isEngineJob ? context.signal : undefined, {
      onWatch: ({host, pid}, seconds) => context.screen.write(`${root} was last used by process ${pid} on ${host}, which seems to be dead; watching it for ${seconds} s to be sure.\n`),
      onLost: () => {
        context.screen.write(`${root} was taken over by another engine while this one was silent; this one stops.\n`);
        // Its jobs are the other's by now.
        lost.abort(leaveJobs);
      },
    });
    if (lock.kind === 'busy') {
      const {host, pid, since} = lock.owner;
      context.screen.write(`${root} is in use by process ${pid} on ${host} since ${since} (last sign of life ${lock.silentSeconds} s ago).\n    Wait for it, stop it, or choose another --run-dir.\n`);
      return exitCodes.busy;
    }
    ({release} = lock);
    const left = await leftInSlurm(context, prepared);
    if (left !== undefined) {
      context.screen.write(left);
      return exitCodes.busy;
    }
    if (!(await hasRoom(context, prepared))) return exitCodes.invalid;
    const {code, isDone} = await runLocked({...context, signal: AbortSignal.any([context.signal, lost.signal])}, prepared, given);
    if (isDone || !isEngineJob || context.signal.reason !== handOver) return code;
  } catch (error) {
    const trouble = systemErrorOf(error);
    if (trouble === undefined) throw error;
    context.screen.write(`${writeFailureText(trouble.path ?? root, trouble.code)}\n`);
    return exitCodes.failed;
  } finally {
    prepared.memo.save();
    release();
  }
  // The warning may have come before a preemption that means a requeue: then it is its own next one.
  return (await askEndNotice(context.environment)) === 'starts-again' ? exitCodes.done : submitSuccessor(context, prepared);
}

/** The engine of a batch job may follow one whose node died: its lock is silent for a while before it is stale. */
async function takeLockPatiently(path: string, patience: AbortSignal | undefined, setting: Partial<LockSetting>): Promise<LockAnswer> {
  for (let tries = 0; ; tries++) {
    const lock = await takeLock(path, setting);
    if (lock.kind === 'taken' || patience === undefined || patience.aborted || tries >= 60) return lock;
    await wait(5000, undefined, {signal: patience}).catch(() => {});
  }
}

/** `isDone`: nothing is left for a next engine. */
async function runLocked(context: CommandContext, prepared: PreparedRun, given?: ReadonlyMap<string, FinishedOutputs>): Promise<{code: number; isDone: boolean}> {
  const {directory, requests, cores, memory_gb, loaded} = prepared;
  const started = new Date();
  const clock = performance.now();
  recordPlan(context, prepared);
  const perStep = new Map<string, number>();
  for (const {planned} of requests) perStep.set(planned.step.name, (perStep.get(planned.step.name) ?? 0) + 1);
  const progress = context.options['quiet'] === true ? showTrouble(context.screen) : showProgress(context.screen, perStep);
  const counts = countEvents();
  // What a full disk keeps from the record is on the screen all the same.
  const listeners: Listener[] = [progress.listener, recordEvents(directory), engineLog(directory.engineLog), counts.listener];
  const listener: Listener = (event) => {
    for (const listen of listeners) listen(event);
  };
  listener({kind: 'run-started', run: loaded.config.name, nJobs: requests.length, cores, memory_gb, version: context.version, ...(loaded.profile.launcher === 'slurm' ? {slurmJobs: maxJobs(loaded.profile)} : {})});
  const runLabel = digestText(directory.root).slice(0, 12);
  const {launcher, slurm, clientEnvironment, environment} = startLauncher(context, loaded.profile, {directory, label: runLabel, say: (text) => listener({kind: 'launcher-said', text})});
  const executor = {launcher, engine: engineOf(loaded.profile), clientEnvironment, watchdog: startWatchdog(context.environment)};
  const {scratch} = loaded.profile;
  // In Slurm it lies on the nodes.
  if (scratch !== undefined && slurm === undefined) removeOldScratch(scratch.folder, runLabel);
  // The lock says that no other engine works here: what still runs for this run is an orphan.
  await removeLeftovers(executor, runLabel);
  const keepsResultsOnly = loaded.config.values['keep'] === 'results';
  const outcome = await runWithQuarantine(requests, poolOf(loaded.profile, {cpus: cores, memory_gb}), {
    directory, cacheRoot: prepared.cacheRoot, memo: prepared.memo, executor, runLabel, ...(scratch === undefined ? {} : {scratch}),
    environment, retry: retrySetting(loaded.profile, memory_gb), listener, signal: context.signal, offersToCache: !keepsResultsOnly,
    ...(keepsResultsOnly ? {onFinished: rollingRemoval(prepared.planned, directory, listener)} : {}),
    ...(given === undefined ? {} : {given}),
  }, loaded.config.values['on_sample_failure'] === 'quarantine' ? prepared.requestsWithout : undefined);
  appendMeasured(measuredFile(prepared.cacheRoot), counts.learned);
  if (outcome.quarantined.length > 0) recordQuarantine(context, prepared, outcome.quarantined);
  // A client that was stopped while it made its container left one that never ran.
  if (outcome.wasInterrupted) await removeLeftovers(executor, runLabel);
  // Jobs of an earlier engine that this one had not come to.
  if (slurm !== undefined && context.signal.aborted && !isLeftToGoOn(context.signal)) await takeBack(slurmClient(context.environment), requests.flatMap(({planned}) => attemptsOf(directory.job(planned.id))));
  executor.watchdog.end();
  const results = outcome.wasInterrupted ? [] : await publishResults(directory, publicationsOf(prepared, outcome), prepared.memo);
  progress.end();
  if (keepsResultsOnly && !outcome.wasInterrupted && outcome.failures.length === 0) removeSuperseded(directory, outcome.finished);
  const seconds = (performance.now() - clock) / 1000;
  listener({kind: 'run-ended', run: loaded.config.name, nCompleted: counts.of.completed, nReused: counts.of.reused, nFailed: outcome.failures.length, nSkipped: outcome.skipped.size, seconds, interrupted: outcome.wasInterrupted, ...(isLeftToGoOn(context.signal) && slurm !== undefined ? {handedOver: true} : {}), ...(slurm === undefined ? {} : {slurmCalls: slurm.counts})});
  progress.end();
  if (outcome.wasInterrupted) return {code: exitCodes.failed, isDone: false};
  // Outputs that were too young to be memoised are old enough by now: the next run need not read them.
  if (counts.of.completed > 0) for (const outputs of outcome.finished.values()) for (const {path, isRemoved} of Object.values(outputs)) if (!isRemoved) await prepared.memo.digest(path);
  await writeCrate({prepared, context, results, started, didWork: counts.of.completed > 0});
  finalWords(context, prepared, {outcome, removed: {outputs: counts.of.removed, bytes: counts.of.removedBytes}});
  return {code: outcome.failures.length > 0 ? exitCodes.failed : exitCodes.done, isDone: true};
}

function publicationsOf({requests}: PreparedRun, outcome: RunOutcome): Publication[] {
  return requests.flatMap(({planned}) => {
    const outputs = outcome.finished.get(planned.id);
    if (outputs === undefined || planned.unit.kind !== 'cohort') return [];
    return Object.entries(planned.step.outputs).flatMap(([name, {publish}]) => {
      const output = outputs[name];
      return publish === undefined || output === undefined ? [] : [{publish, path: output.path, digest: output.digest}];
    });
  });
}

/** The engine's own log: one JSON line an event, written synchronously so that a killed engine loses none. */
function engineLog(path: string): Listener {
  const logger = pino({base: null, timestamp: pino.stdTimeFunctions.isoTime}, {write: (line) => appendFileSync(path, line)});
  endLastLine(path);
  return (event) => {
    if (event.kind === 'job-failed') logger.warn({event}, eventText(event)?.split('\n', 1)[0]);
    else logger.info({event});
  };
}
