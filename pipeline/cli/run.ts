// lymphline run
import {existsSync, mkdirSync, readFileSync} from 'node:fs';
import {join, relative, resolve} from 'node:path';
import {setTimeout as wait} from 'node:timers/promises';
import {pino} from 'pino';
import {writeFileAtomic} from '../base/atomic-file.ts';
import {digestText} from '../base/digest.ts';
import {eventText, showProgress} from '../console/progress.ts';
import {writeFailureText} from '../console/run-failure-text.ts';
import {removeLeftovers} from '../executors/run-contained.ts';
import {engineJobVariable} from '../executors/slurm/engine-job.ts';
import {handOver} from '../executors/slurm/task.ts';
import {startWatchdog} from '../executors/watchdog.ts';
import type {Listener} from '../model/event.ts';
import type {Warning} from '../model/warning.ts';
import {takeLock, type LockAnswer} from '../record/lock.ts';
import {publishResults, type ManifestEntry, type Publication} from '../record/publish-results.ts';
import {recordEvents} from '../record/run-log.ts';
import {roCrate} from '../record/ro-crate.ts';
import {runPlan, type RunOutcome} from '../schedule/run-plan.ts';
import {exitCodes, type Command, type CommandContext} from './command.ts';
import {printFailures} from './failures.ts';
import {engineOf} from './find-programs.ts';
import {leftInSlurm} from './left-in-slurm.ts';
import {prepareRun, runOptions, type PreparedRun} from './prepare-run.ts';
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
    printWarnings(context, [...prepared.value.loaded.warnings, ...notActedOn(context, prepared.value)]);
    if (context.options['submit'] === true) return submitEngine(context, prepared.value, () => recordPlan(context, prepared.value));
    mkdirSync(prepared.value.directory.root, {recursive: true});
    const isEngineJob = context.environment[engineJobVariable] !== undefined;
    const lock = await takeLockPatiently(prepared.value.directory.lock, isEngineJob);
    if (lock.kind === 'busy') {
      const {host, pid, since} = lock.owner;
      context.screen.write(`${prepared.value.directory.root} is in use by process ${pid} on ${host} since ${since}.\n    Wait for it, stop it, or choose another --run-dir.\n`);
      return exitCodes.busy;
    }
    let isHandedOver = false;
    try {
      const left = await leftInSlurm(context, prepared.value);
      if (left !== undefined) {
        context.screen.write(left);
        return exitCodes.busy;
      }
      const code = await runLocked(context, prepared.value);
      isHandedOver = context.signal.reason === handOver && isEngineJob;
      if (!isHandedOver) return code;
    } catch (error) {
      const {code, syscall, path = prepared.value.directory.root} = error as NodeJS.ErrnoException;
      if (code === undefined || syscall === undefined) throw error;
      context.screen.write(`${writeFailureText(path, code)}\n`);
      return exitCodes.failed;
    } finally {
      prepared.value.memo.save();
      lock.release();
    }
    return submitSuccessor(context, prepared.value);
  },
};

/** The engine of a batch job may follow one whose node died: its lock is silent for a while before it is stale. */
async function takeLockPatiently(path: string, isPatient: boolean): Promise<LockAnswer> {
  for (let tries = 0; ; tries++) {
    const lock = takeLock(path);
    if (lock.kind === 'taken' || !isPatient || tries >= 60) return lock;
    await wait(5000);
  }
}

/** What was asked for and is not acted on: never silently. */
function notActedOn(context: CommandContext, {loaded: {profile, config: {values}}}: PreparedRun): Warning[] {
  const ofMachine = ['cores', 'memory'].filter((name) => context.options[name] !== undefined);
  return [
    ...(profile.launcher === 'slurm' && ofMachine.length > 0 ? [{text: `Without effect in Slurm: --${ofMachine.join(', --')}. slurm.max_jobs in the profile says how many jobs it has at once.`}] : []),
    ...(values['on_sample_failure'] === 'quarantine' ? [{text: 'on_sample_failure: quarantine is not acted on in this version: a sample that fails stops what depends on it.'}] : []),
    ...(values['keep'] === 'results' ? [{text: 'keep: results is not acted on in this version: intermediates are kept.'}] : []),
  ];
}

async function runLocked(context: CommandContext, prepared: PreparedRun): Promise<number> {
  const {directory, requests, cores, memory_gb, loaded} = prepared;
  const started = new Date();
  recordPlan(context, prepared);
  const perStep = new Map<string, number>();
  for (const {planned} of requests) perStep.set(planned.step.name, (perStep.get(planned.step.name) ?? 0) + 1);
  const progress = context.options['quiet'] === true ? {listener: () => {}, end: () => {}} : showProgress(context.screen, perStep);
  const counts = {nCompleted: 0, nReused: 0};
  const listeners: Listener[] = [recordEvents(directory), engineLog(directory.engineLog), progress.listener, (event) => {
    if (event.kind === 'job-completed') counts.nCompleted++;
    if (event.kind === 'job-reused') counts.nReused++;
  }];
  const listener: Listener = (event) => {
    for (const listen of listeners) listen(event);
  };
  listener({kind: 'run-started', run: loaded.config.name, nJobs: requests.length, cores, memory_gb, version: context.version, ...(loaded.profile.launcher === 'slurm' ? {slurmJobs: maxJobs(loaded.profile)} : {})});
  const runLabel = digestText(directory.root).slice(0, 12);
  const {launcher, slurm, clientEnvironment, environment} = startLauncher(context, loaded.profile, {directory, label: runLabel, say: (text) => listener({kind: 'launcher-said', text})});
  const executor = {launcher, engine: engineOf(loaded.profile), clientEnvironment, watchdog: startWatchdog(context.environment)};
  // The lock says that no other engine works here: what still runs for this run is an orphan.
  await removeLeftovers(executor, runLabel);
  const outcome = await runPlan(requests, poolOf(loaded.profile, {cpus: cores, memory_gb}), {
    directory, cacheRoot: prepared.cacheRoot, memo: prepared.memo, executor, runLabel,
    environment, retries: loaded.profile.retries ?? 0, listener, signal: context.signal,
  });
  // A client that was stopped while it made its container left one that never ran.
  if (outcome.wasInterrupted) await removeLeftovers(executor, runLabel);
  executor.watchdog.end();
  const results = outcome.wasInterrupted ? [] : await publishResults(directory, publicationsOf(prepared, outcome), prepared.memo);
  progress.end();
  const seconds = (Date.now() - started.getTime()) / 1000;
  listener({kind: 'run-ended', run: loaded.config.name, ...counts, nFailed: outcome.failures.length, nSkipped: outcome.skipped.size, seconds, interrupted: outcome.wasInterrupted, ...(context.signal.reason === handOver ? {handedOver: true} : {}), ...(slurm === undefined ? {} : {slurmCalls: slurm.counts})});
  progress.end();
  if (outcome.wasInterrupted) return exitCodes.failed;
  // Outputs that were too young to be memoised are old enough by now: the next run need not read them.
  if (counts.nCompleted > 0) for (const outputs of outcome.finished.values()) for (const {path} of Object.values(outputs)) await prepared.memo.digest(path);
  await writeCrate({prepared, context, results, started, didWork: counts.nCompleted > 0});
  finalWords(context, prepared, outcome);
  return outcome.failures.length > 0 ? exitCodes.failed : exitCodes.done;
}

function recordPlan(context: CommandContext, prepared: PreparedRun): void {
  const {directory, requests} = prepared;
  writeFileAtomic(directory.run, `${JSON.stringify(resolvedRun(context, prepared), undefined, 1)}\n`);
  writeFileAtomic(directory.plan, `${JSON.stringify({jobs: requests.map(({planned, limits}) => ({id: planned.id, step: planned.step.name, unit: planned.unit, inputs: planned.inputs, limits}))})}\n`);
}

function resolvedRun(context: CommandContext, {loaded, programs, cores, memory_gb, cacheRoot}: PreparedRun): unknown {
  const {config, profile, params, variables} = loaded;
  return {
    ...config.values,
    contrasts: config.contrasts, timepoints: config.timepoints, missing_pairs: config.missing_pairs, seed: config.seed,
    steps: Object.fromEntries([...params].sort(([a], [b]) => (a < b ? -1 : 1))),
    run_file: config.file, profile, cores, memory_gb, cache: cacheRoot, variables,
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
  const logger = pino({base: null, timestamp: pino.stdTimeFunctions.isoTime}, pino.destination({dest: path, sync: true}));
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
  const paths = new Set([loaded.config.file]);
  for (const request of requests) {
    for (const source of Object.values(request.planned.inputs).flat()) if (source.kind === 'file' && source.root === 'run') paths.add(request.resolveFile('run', source.path));
  }
  const inputs = [];
  for (const path of [...paths].sort()) {
    // An input that cannot be read failed its job already.
    const found = await memo.digest(path).catch(() => undefined);
    if (found !== undefined) inputs.push({path, sha256: found.digest});
  }
  const crate = roCrate({
    name: loaded.config.name, version: context.version, runFile: relative(directory.root, loaded.config.file), inputs, results,
    started: started.toISOString(), ended: new Date().toISOString(),
  });
  writeFileAtomic(directory.roCrate, `${JSON.stringify(crate, undefined, 1)}\n`);
}

/** Findings last. The words are the report step's own; the engine only knows the name of the file. */
function finalWords(context: CommandContext, {directory}: PreparedRun, outcome: RunOutcome): void {
  if (context.options['quiet'] === true) return;
  if (outcome.failures.length > 0) {
    const [first] = outcome.failures;
    context.screen.write(`${outcome.failures.length} failed, ${outcome.skipped.size} not started. First: ${first.job} (${first.reason}). Results that do not depend on a failed job are in ${shownPath(context, directory.results)}.\n`);
  }
  const findings = join(directory.results, 'findings.txt');
  if (existsSync(findings)) context.screen.write(readFileSync(findings, 'utf8'));
  const report = join(directory.results, 'report.html');
  if (existsSync(report)) context.screen.write(`Report: ${shownPath(context, report)}\n`);
}

function shownPath(context: CommandContext, path: string): string {
  const near = relative(context.folder, resolve(path));
  return near.startsWith('..') ? path : near;
}

