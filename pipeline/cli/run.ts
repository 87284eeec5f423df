// lymphline run
import {appendFileSync, existsSync, readFileSync} from 'node:fs';
import {basename, join, relative, resolve} from 'node:path';
import {setTimeout as wait} from 'node:timers/promises';
import {pino} from 'pino';
import {writeFileAtomic} from '../base/atomic-file.ts';
import {digestText} from '../base/digest.ts';
import {endLastLine} from '../base/file-end.ts';
import {makeFolders, systemErrorOf} from '../base/system-error.ts';
import {bytesText} from '../console/bytes-text.ts';
import {eventText, showProgress} from '../console/progress.ts';
import {writeFailureText} from '../console/run-failure-text.ts';
import {removeLeftovers} from '../executors/run-contained.ts';
import {engineJobVariable} from '../executors/slurm/engine-job.ts';
import {handOver} from '../executors/slurm/task.ts';
import {startWatchdog} from '../executors/watchdog.ts';
import type {Listener} from '../model/event.ts';
import type {Warning} from '../model/warning.ts';
import {takeLock, type LockAnswer, type LockSetting} from '../record/lock.ts';
import {appendMeasured, measuredFile} from '../record/measured.ts';
import {publishResults, type ManifestEntry, type Publication} from '../record/publish-results.ts';
import {removeOldScratch} from '../record/scratch.ts';
import {recordEvents} from '../record/run-log.ts';
import {roCrate, type CrateFacts, type CrateFile} from '../record/ro-crate.ts';
import type {FinishedOutputs} from '../schedule/job-request.ts';
import {removeSuperseded, rollingRemoval} from '../schedule/remove-intermediates.ts';
import {retrySetting} from '../schedule/retry-policy.ts';
import {runWithQuarantine, type QuarantineOutcome} from '../schedule/quarantine.ts';
import type {RunOutcome} from '../schedule/run-plan.ts';
import {exitCodes, textOptions, type Command, type CommandContext} from './command.ts';
import {printFailures} from './failures.ts';
import {engineOf} from './find-programs.ts';
import {leftInSlurm} from './left-in-slurm.ts';
import {askedProfile, prepareRun, runOptions, type PreparedRun} from './prepare-run.ts';
import {countEvents} from './count-events.ts';
import {hasRoom} from './check-space.ts';
import {quarantineText} from './quarantine-text.ts';
import {askSlurm, maxJobs, poolOf, startLauncher} from './start-launcher.ts';
import {submitEngine, submitSuccessor} from './submit-engine.ts';
import {printWarnings} from './warnings.ts';

export const runCommand: Command = {
  help: `
lymphline run CONFIG [--run-dir DIR] [--profile NAME|FILE] [--set PATH=VALUE]… [--only STEP|JOB] [--until STEP] [--cores N] [--memory GB] [--quiet] [--submit]

Validates, plans, runs what is not done yet and publishes the results. Run it again after an interruption, a failure or a change: finished jobs
are kept, and only what depends on a change runs. The run directory defaults to runs/<name> beside CONFIG.

  --only STEP|JOB   this step or job, and what it still needs
  --until STEP      everything up to this step
  --submit          as a batch job of Slurm, which ends when the run does, however long that takes; slurm.engine in the profile says what it asks for
  --set PATH=VALUE  a key of the run file, e.g. steps.qc.min_genes=300

example: lymphline run cohort/run.yaml --cores 4
`,
  options: {...runOptions, quiet: {type: 'boolean'}, submit: {type: 'boolean'}},
  takes: [1, 1],
  async run(context) {
    const prepared = await prepareRun(context, context.positionals[0]);
    if (!prepared.ok) return printFailures(context, prepared.error);
    if (prepared.value.loaded.profile.launcher === 'slurm') {
      const answer = await askSlurm(context.environment);
      if ('words' in answer) return printFailures(context, [{reason: 'engine-missing', engine: 'Slurm', program: 'sbatch', words: answer.words}]);
    }
    printWarnings(context, [...prepared.value.loaded.warnings, ...withoutEffect(context, prepared.value)]);
    if (context.options['submit'] === true) return submitEngine(context, prepared.value, () => recordPlan(context, prepared.value));
    return runPrepared(context, prepared.value);
  },
};

/** `given`: outputs of jobs that are not among the requests. */
export async function runPrepared(context: CommandContext, prepared: PreparedRun, given?: ReadonlyMap<string, FinishedOutputs>): Promise<number> {
  const {root, lock: lockPath} = prepared.directory;
  const isEngineJob = context.environment[engineJobVariable] !== undefined;
  let release = (): void => {};
  try {
    makeFolders(root);
    const lost = new AbortController();
    const lock = await takeLockPatiently(lockPath, isEngineJob, {
      onWatch: ({host, pid}, seconds) => context.screen.write(`${root} was last used by process ${pid} on ${host}, which seems to be dead; watching it for ${seconds} s to be sure.\n`),
      onLost: () => {
        context.screen.write(`${root} was taken over by another engine while this one was silent; this one stops.\n`);
        lost.abort();
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
    const code = await runLocked({...context, signal: AbortSignal.any([context.signal, lost.signal])}, prepared, given);
    if (!isEngineJob || context.signal.reason !== handOver) return code;
  } catch (error) {
    const trouble = systemErrorOf(error);
    if (trouble === undefined) throw error;
    context.screen.write(`${writeFailureText(trouble.path ?? root, trouble.code)}\n`);
    return exitCodes.failed;
  } finally {
    prepared.memo.save();
    release();
  }
  return submitSuccessor(context, prepared);
}

/** The engine of a batch job may follow one whose node died: its lock is silent for a while before it is stale. */
async function takeLockPatiently(path: string, isPatient: boolean, setting: Partial<LockSetting>): Promise<LockAnswer> {
  for (let tries = 0; ; tries++) {
    const lock = await takeLock(path, setting);
    if (lock.kind === 'taken' || !isPatient || tries >= 60) return lock;
    await wait(5000);
  }
}

/** What was asked for and does not count: never silently. */
function withoutEffect(context: CommandContext, {loaded: {profile}}: PreparedRun): Warning[] {
  const ofMachine = ['cores', 'memory'].filter((name) => context.options[name] !== undefined);
  if (profile.launcher !== 'slurm' || ofMachine.length === 0) return [];
  return [{text: `Without effect in Slurm: --${ofMachine.join(', --')}. slurm.max_jobs in the profile says how many jobs it has at once.`}];
}

async function runLocked(context: CommandContext, prepared: PreparedRun, given?: ReadonlyMap<string, FinishedOutputs>): Promise<number> {
  const {directory, requests, cores, memory_gb, loaded} = prepared;
  const started = new Date();
  const clock = performance.now();
  recordPlan(context, prepared);
  const perStep = new Map<string, number>();
  for (const {planned} of requests) perStep.set(planned.step.name, (perStep.get(planned.step.name) ?? 0) + 1);
  const progress = context.options['quiet'] === true ? {listener: () => {}, end: () => {}} : showProgress(context.screen, perStep);
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
  // In Slurm the folder is one of the node, which the launcher names.
  const scratch = loaded.profile.launcher === 'local' ? loaded.profile.scratch : undefined;
  if (scratch !== undefined) removeOldScratch(scratch, runLabel);
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
  if (outcome.quarantined.length > 0) writeFileAtomic(directory.run, `${JSON.stringify({...resolvedRun(context, prepared), quarantined: outcome.quarantined}, undefined, 1)}\n`);
  // A client that was stopped while it made its container left one that never ran.
  if (outcome.wasInterrupted) await removeLeftovers(executor, runLabel);
  executor.watchdog.end();
  const results = outcome.wasInterrupted ? [] : await publishResults(directory, publicationsOf(prepared, outcome), prepared.memo);
  progress.end();
  if (keepsResultsOnly && !outcome.wasInterrupted && outcome.failures.length === 0) removeSuperseded(directory, outcome.finished);
  const seconds = (performance.now() - clock) / 1000;
  listener({kind: 'run-ended', run: loaded.config.name, nCompleted: counts.of.completed, nReused: counts.of.reused, nFailed: outcome.failures.length, nSkipped: outcome.skipped.size, seconds, interrupted: outcome.wasInterrupted, ...(context.signal.reason === handOver ? {handedOver: true} : {}), ...(slurm === undefined ? {} : {slurmCalls: slurm.counts})});
  progress.end();
  if (outcome.wasInterrupted) return exitCodes.failed;
  // Outputs that were too young to be memoised are old enough by now: the next run need not read them.
  if (counts.of.completed > 0) for (const outputs of outcome.finished.values()) for (const {path, isRemoved} of Object.values(outputs)) if (!isRemoved) await prepared.memo.digest(path);
  await writeCrate({prepared, context, results, started, didWork: counts.of.completed > 0});
  finalWords(context, prepared, outcome);
  if (counts.of.removed > 0 && context.options['quiet'] !== true) context.screen.write(`keep: results: ${counts.of.removed} outputs that nothing needs any more were removed (${bytesText(counts.of.removedBytes)}).\n`);
  return outcome.failures.length > 0 ? exitCodes.failed : exitCodes.done;
}

function recordPlan(context: CommandContext, prepared: PreparedRun): void {
  const {directory, requests} = prepared;
  writeFileAtomic(directory.run, `${JSON.stringify(resolvedRun(context, prepared), undefined, 1)}\n`);
  writeFileAtomic(directory.plan, `${JSON.stringify({isWhole: requests.length === prepared.planned.length, jobs: requests.map(({planned, limits}) => ({id: planned.id, step: planned.step.name, unit: planned.unit, inputs: planned.inputs, limits}))})}\n`);
}

function resolvedRun(context: CommandContext, {loaded, programs, cores, memory_gb, cacheRoot}: PreparedRun): Readonly<Record<string, unknown>> {
  const {config, profile, params, variables} = loaded;
  return {
    ...config.values,
    contrasts: config.contrasts, timepoints: config.timepoints, missing_pairs: config.missing_pairs, seed: config.seed,
    steps: Object.fromEntries([...params].sort(([a], [b]) => (a < b ? -1 : 1))),
    run_file: config.file, asked: {set: textOptions(context, 'set'), profile: askedProfile(context) ?? null}, profile, cores, memory_gb, cache: cacheRoot, variables,
    versions: {lymphline: context.version, node: process.versions.node},
    images: Object.fromEntries([...programs].flatMap(([, {image}]) => (image === undefined ? [] : [[image.name, {id: image.id, place: image.place}]]))),
    programs: Object.fromEntries([...programs].map(([step, {identity}]) => [step, identity])),
  };
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

/** A run that did nothing keeps the record of the one that did. */
async function writeCrate(ask: {prepared: PreparedRun; context: CommandContext; results: readonly ManifestEntry[]; started: Date; didWork: boolean}): Promise<void> {
  const {prepared, context, results, started, didWork} = ask;
  const {directory, requests, loaded, memo} = prepared;
  if (!didWork && existsSync(directory.roCrate)) return;
  // `ignores`: what none of the inputs that name the path reads.
  const paths = new Map<string, {readonly role: string; readonly ignores: readonly string[]}>([[loaded.config.file, {role: 'run-file', ignores: []}]]);
  for (const request of requests) {
    for (const [input, sources] of Object.entries(request.planned.inputs)) {
      const ignores = request.planned.step.inputs[input]?.ignores ?? [];
      for (const source of sources) {
        if (source.kind !== 'file' || source.root !== 'run') continue;
        const path = request.resolveFile('run', source.path);
        paths.set(path, {role: 'data', ignores: (paths.get(path)?.ignores ?? ignores).filter((end) => ignores.includes(end))});
      }
    }
  }
  const inputs: CrateFile[] = [];
  for (const [path, {role, ignores}] of [...paths].sort(([a], [b]) => (a < b ? -1 : 1))) {
    // An input that cannot be read failed its job already.
    const found = await memo.digest(path, ignores).catch(() => undefined);
    if (found !== undefined) inputs.push({path, bytes: found.bytes, sha256: found.digest, role});
  }
  const plan = await memo.digest(directory.plan);
  const crate = roCrate({
    name: loaded.config.name, version: context.version, plan: {path: basename(directory.plan), bytes: plan.bytes, sha256: plan.digest}, inputs, others: [], results,
    ...crateSettings(prepared), started: started.toISOString(), ended: new Date().toISOString(),
  });
  writeFileAtomic(directory.roCrate, `${JSON.stringify(crate, undefined, 1)}\n`);
}

/** Of the steps that were planned. */
export function crateSettings({requests, programs}: PreparedRun): Pick<CrateFacts, 'params' | 'programs'> {
  const steps = new Map(requests.map(({planned, params}) => [planned.step.name, params]));
  return {
    params: Object.fromEntries([...steps].flatMap(([step, params]) => Object.entries(params).map(([name, value]) => [`${step}.${name}`, value]))),
    programs: Object.fromEntries([...programs].filter(([step]) => steps.has(step)).map(([step, {identity}]) => [step, identity])),
  };
}

/** Findings last. The words are the report step's own; the engine only knows the name of the file. */
function finalWords(context: CommandContext, {directory, loaded}: PreparedRun, outcome: QuarantineOutcome): void {
  if (context.options['quiet'] === true || context.options['no-findings'] === true) return;
  if (outcome.failures.length > 0) {
    const [first] = outcome.failures;
    context.screen.write(`${outcome.failures.length} failed, ${outcome.skipped.size} not started. First: ${first.job} (${first.reason}). Results that do not depend on a failed job are in ${shownPath(context, directory.results)}.\n`);
  }
  context.screen.write(quarantineText(outcome.quarantined, {rows: loaded.rows, contrasts: loaded.config.contrasts}));
  const findings = join(directory.results, 'findings.txt');
  if (existsSync(findings)) context.screen.write(readFileSync(findings, 'utf8'));
  const report = join(directory.results, 'report.html');
  if (existsSync(report)) context.screen.write(`Report: ${shownPath(context, report)}\n`);
}

function shownPath(context: CommandContext, path: string): string {
  const near = relative(context.folder, resolve(path));
  return near.startsWith('..') ? path : near;
}

