// lymphline run
import {existsSync, mkdirSync, readFileSync} from 'node:fs';
import {basename, join, relative, resolve} from 'node:path';
import {pino} from 'pino';
import {writeFileAtomic} from '../base/atomic-file.ts';
import {digestText} from '../base/digest.ts';
import {eventText, showProgress} from '../console/progress.ts';
import {writeFailureText} from '../console/run-failure-text.ts';
import {localLauncher} from '../executors/local.ts';
import {removeLeftovers} from '../executors/run-contained.ts';
import {startWatchdog} from '../executors/watchdog.ts';
import type {Listener} from '../model/event.ts';
import type {Warning} from '../model/warning.ts';
import {takeLock} from '../record/lock.ts';
import {publishResults, type ManifestEntry, type Publication} from '../record/publish-results.ts';
import {recordEvents} from '../record/run-log.ts';
import {roCrate, type CrateFacts, type CrateFile} from '../record/ro-crate.ts';
import {createResourcePool} from '../schedule/resource-pool.ts';
import type {FinishedOutputs} from '../schedule/job-request.ts';
import {runPlan, type RunOutcome} from '../schedule/run-plan.ts';
import {exitCodes, textOptions, UsageError, type Command, type CommandContext} from './command.ts';
import {printFailures} from './failures.ts';
import {engineOf} from './find-programs.ts';
import {askedProfile, prepareRun, runOptions, type PreparedRun} from './prepare-run.ts';
import {stepEnvironment} from './step-environment.ts';
import {printWarnings} from './warnings.ts';

export const runCommand: Command = {
  help: `
lymphline run CONFIG [--run-dir DIR] [--profile NAME|FILE] [--set PATH=VALUE]… [--only STEP|JOB] [--until STEP] [--cores N] [--memory GB] [--quiet]

Validates, plans, runs what is not done yet and publishes the results. Run it again after an interruption, a failure or a change: finished jobs
are kept, and only what depends on a change runs. The run directory defaults to runs/<name> beside CONFIG.

  --only STEP|JOB   this step or job, and what it still needs
  --until STEP      everything up to this step
  --set PATH=VALUE  a key of the run file, e.g. steps.qc.min_genes=300

example: lymphline run cohort/run.yaml --cores 4
`,
  options: {...runOptions, quiet: {type: 'boolean'}},
  takes: [1, 1],
  async run(context) {
    const prepared = await prepareRun(context, context.positionals[0]);
    if (!prepared.ok) return printFailures(context, prepared.error);
    const {launcher} = prepared.value.loaded.profile;
    if (launcher !== 'local') throw new UsageError(`The profile asks for launcher ${launcher}; this version starts jobs on this machine only. Use --profile laptop, docker, podman, apptainer or charliecloud.`);
    printWarnings(context, [...prepared.value.loaded.warnings, ...notActedOn(prepared.value)]);
    return runPrepared(context, prepared.value);
  },
};

/** `given`: outputs of jobs that are not among the requests. */
export async function runPrepared(context: CommandContext, prepared: PreparedRun, given?: ReadonlyMap<string, FinishedOutputs>): Promise<number> {
  mkdirSync(prepared.directory.root, {recursive: true});
  const lock = takeLock(prepared.directory.lock);
  if (lock.kind === 'busy') {
    const {host, pid, since} = lock.owner;
    context.screen.write(`${prepared.directory.root} is in use by process ${pid} on ${host} since ${since}.\n    Wait for it, stop it, or choose another --run-dir.\n`);
    return exitCodes.busy;
  }
  try {
    return await runLocked(context, prepared, given);
  } catch (error) {
    const {code, syscall, path = prepared.directory.root} = error as NodeJS.ErrnoException;
    if (code === undefined || syscall === undefined) throw error;
    context.screen.write(`${writeFailureText(path, code)}\n`);
    return exitCodes.failed;
  } finally {
    prepared.memo.save();
    lock.release();
  }
}

/** Keys of the run file that this version reads but does not act on yet: never silently. */
function notActedOn({loaded: {config: {values}}}: PreparedRun): Warning[] {
  return [
    ...(values['on_sample_failure'] === 'quarantine' ? [{text: 'on_sample_failure: quarantine is not acted on in this version: a sample that fails stops what depends on it.'}] : []),
    ...(values['keep'] === 'results' ? [{text: 'keep: results is not acted on in this version: intermediates are kept.'}] : []),
  ];
}

async function runLocked(context: CommandContext, prepared: PreparedRun, given?: ReadonlyMap<string, FinishedOutputs>): Promise<number> {
  const {directory, requests, cores, memory_gb, loaded} = prepared;
  const started = new Date();
  writeFileAtomic(directory.run, `${JSON.stringify(resolvedRun(context, prepared), undefined, 1)}\n`);
  writeFileAtomic(directory.plan, `${JSON.stringify({jobs: requests.map(({planned, limits}) => ({id: planned.id, step: planned.step.name, unit: planned.unit, inputs: planned.inputs, limits}))})}\n`);
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
  listener({kind: 'run-started', run: loaded.config.name, nJobs: requests.length, cores, memory_gb, version: context.version});
  const executor = {launcher: localLauncher, engine: engineOf(loaded.profile), clientEnvironment: context.environment, watchdog: startWatchdog(context.environment)};
  const runLabel = digestText(directory.root).slice(0, 12);
  // The lock says that no other engine works here: what still runs for this run is an orphan.
  await removeLeftovers(executor, runLabel);
  const outcome = await runPlan(requests, createResourcePool({cpus: cores, memory_gb}), {
    directory, cacheRoot: prepared.cacheRoot, memo: prepared.memo, executor, runLabel,
    environment: stepEnvironment(context.environment), retries: loaded.profile.retries ?? 0, listener, signal: context.signal, ...(given === undefined ? {} : {given}),
  });
  // A client that was stopped while it made its container left one that never ran.
  if (outcome.wasInterrupted) await removeLeftovers(executor, runLabel);
  executor.watchdog.end();
  const results = outcome.wasInterrupted ? [] : await publishResults(directory, publicationsOf(prepared, outcome), prepared.memo);
  progress.end();
  const seconds = (Date.now() - started.getTime()) / 1000;
  listener({kind: 'run-ended', run: loaded.config.name, ...counts, nFailed: outcome.failures.length, nSkipped: outcome.skipped.size, seconds, interrupted: outcome.wasInterrupted});
  progress.end();
  if (outcome.wasInterrupted) return exitCodes.failed;
  // Outputs that were too young to be memoised are old enough by now: the next run need not read them.
  if (counts.nCompleted > 0) for (const outputs of outcome.finished.values()) for (const {path} of Object.values(outputs)) await prepared.memo.digest(path);
  await writeCrate({prepared, context, results, started, didWork: counts.nCompleted > 0});
  finalWords(context, prepared, outcome);
  return outcome.failures.length > 0 ? exitCodes.failed : exitCodes.done;
}

function resolvedRun(context: CommandContext, {loaded, programs, cores, memory_gb, cacheRoot}: PreparedRun): unknown {
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
  const roles = new Map([[loaded.config.file, 'run-file']]);
  for (const request of requests) {
    for (const source of Object.values(request.planned.inputs).flat()) if (source.kind === 'file' && source.root === 'run') roles.set(request.resolveFile('run', source.path), 'data');
  }
  const inputs: CrateFile[] = [];
  for (const [path, role] of [...roles].sort(([a], [b]) => (a < b ? -1 : 1))) {
    // An input that cannot be read failed its job already.
    const found = await memo.digest(path).catch(() => undefined);
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
function finalWords(context: CommandContext, {directory}: PreparedRun, outcome: RunOutcome): void {
  if (context.options['quiet'] === true || context.options['no-findings'] === true) return;
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

