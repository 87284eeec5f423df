// lymphline run
import {appendFileSync, existsSync, readFileSync} from 'node:fs';
import {join, relative, resolve} from 'node:path';
import {pino} from 'pino';
import {writeFileAtomic} from '../base/atomic-file.ts';
import {digestText} from '../base/digest.ts';
import {endLastLine} from '../base/file-end.ts';
import {makeFolders, systemErrorOf} from '../base/system-error.ts';
import {bytesText} from '../console/bytes-text.ts';
import {eventText, showProgress} from '../console/progress.ts';
import {writeFailureText} from '../console/run-failure-text.ts';
import {localLauncher} from '../executors/local.ts';
import {removeLeftovers} from '../executors/run-contained.ts';
import {startWatchdog} from '../executors/watchdog.ts';
import type {Listener} from '../model/event.ts';
import {takeLock} from '../record/lock.ts';
import {appendMeasured, measuredFile} from '../record/measured.ts';
import {publishResults, type ManifestEntry, type Publication} from '../record/publish-results.ts';
import {removeOldScratch} from '../record/scratch.ts';
import {recordEvents} from '../record/run-log.ts';
import {roCrate} from '../record/ro-crate.ts';
import {createResourcePool} from '../schedule/resource-pool.ts';
import {removeSuperseded, rollingRemoval} from '../schedule/remove-intermediates.ts';
import {retrySetting} from '../schedule/retry-policy.ts';
import {runWithQuarantine, type QuarantineOutcome} from '../schedule/quarantine.ts';
import type {RunOutcome} from '../schedule/run-plan.ts';
import {exitCodes, UsageError, type Command, type CommandContext} from './command.ts';
import {printFailures} from './failures.ts';
import {engineOf} from './find-programs.ts';
import {prepareRun, runOptions, type PreparedRun} from './prepare-run.ts';
import {countEvents} from './count-events.ts';
import {hasRoom} from './check-space.ts';
import {quarantineText} from './quarantine-text.ts';
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
    printWarnings(context, prepared.value.loaded.warnings);
    const {root, lock: lockPath} = prepared.value.directory;
    let release = (): void => {};
    try {
      makeFolders(root);
      const lost = new AbortController();
      const lock = await takeLock(lockPath, {
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
      if (!(await hasRoom(context, prepared.value))) return exitCodes.invalid;
      return await runLocked({...context, signal: AbortSignal.any([context.signal, lost.signal])}, prepared.value);
    } catch (error) {
      const trouble = systemErrorOf(error);
      if (trouble === undefined) throw error;
      context.screen.write(`${writeFailureText(trouble.path ?? root, trouble.code)}\n`);
      return exitCodes.failed;
    } finally {
      prepared.value.memo.save();
      release();
    }
  },
};

async function runLocked(context: CommandContext, prepared: PreparedRun): Promise<number> {
  const {directory, requests, cores, memory_gb, loaded} = prepared;
  const started = new Date();
  const clock = performance.now();
  writeFileAtomic(directory.run, `${JSON.stringify(resolvedRun(context, prepared), undefined, 1)}\n`);
  writeFileAtomic(directory.plan, `${JSON.stringify({isWhole: requests.length === prepared.planned.length, jobs: requests.map(({planned, limits}) => ({id: planned.id, step: planned.step.name, unit: planned.unit, inputs: planned.inputs, limits}))})}\n`);
  const perStep = new Map<string, number>();
  for (const {planned} of requests) perStep.set(planned.step.name, (perStep.get(planned.step.name) ?? 0) + 1);
  const progress = context.options['quiet'] === true ? {listener: () => {}, end: () => {}} : showProgress(context.screen, perStep);
  const counts = countEvents();
  // What a full disk keeps from the record is on the screen all the same.
  const listeners: Listener[] = [progress.listener, recordEvents(directory), engineLog(directory.engineLog), counts.listener];
  const listener: Listener = (event) => {
    for (const listen of listeners) listen(event);
  };
  listener({kind: 'run-started', run: loaded.config.name, nJobs: requests.length, cores, memory_gb, version: context.version});
  const executor = {launcher: localLauncher, engine: engineOf(loaded.profile), clientEnvironment: context.environment, watchdog: startWatchdog(context.environment)};
  const runLabel = digestText(directory.root).slice(0, 12);
  const {scratch} = loaded.profile;
  if (scratch !== undefined) removeOldScratch(scratch, runLabel);
  // The lock says that no other engine works here: what still runs for this run is an orphan.
  await removeLeftovers(executor, runLabel);
  const keepsResultsOnly = loaded.config.values['keep'] === 'results';
  const outcome = await runWithQuarantine(requests, createResourcePool({cpus: cores, memory_gb}), {
    directory, cacheRoot: prepared.cacheRoot, memo: prepared.memo, executor, runLabel, ...(scratch === undefined ? {} : {scratch}),
    environment: stepEnvironment(context.environment), retry: retrySetting(loaded.profile, memory_gb), listener, signal: context.signal, offersToCache: !keepsResultsOnly,
    ...(keepsResultsOnly ? {onFinished: rollingRemoval(prepared.planned, directory, listener)} : {}),
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
  listener({kind: 'run-ended', run: loaded.config.name, nCompleted: counts.of.completed, nReused: counts.of.reused, nFailed: outcome.failures.length, nSkipped: outcome.skipped.size, seconds, interrupted: outcome.wasInterrupted});
  progress.end();
  if (outcome.wasInterrupted) return exitCodes.failed;
  // Outputs that were too young to be memoised are old enough by now: the next run need not read them.
  if (counts.of.completed > 0) for (const outputs of outcome.finished.values()) for (const {path, isRemoved} of Object.values(outputs)) if (!isRemoved) await prepared.memo.digest(path);
  await writeCrate({prepared, context, results, started, didWork: counts.of.completed > 0});
  finalWords(context, prepared, outcome);
  if (counts.of.removed > 0 && context.options['quiet'] !== true) context.screen.write(`keep: results: ${counts.of.removed} outputs that nothing needs any more were removed (${bytesText(counts.of.removedBytes)}).\n`);
  return outcome.failures.length > 0 ? exitCodes.failed : exitCodes.done;
}

function resolvedRun(context: CommandContext, {loaded, programs, cores, memory_gb, cacheRoot}: PreparedRun): Readonly<Record<string, unknown>> {
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
function finalWords(context: CommandContext, {directory, loaded}: PreparedRun, outcome: QuarantineOutcome): void {
  if (context.options['quiet'] === true) return;
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

