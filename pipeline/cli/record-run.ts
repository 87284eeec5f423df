// What a run leaves beside its results: the run as it was understood, its plan, and its RO-Crate.
import {existsSync} from 'node:fs';
import {basename} from 'node:path';
import {writeFileAtomic} from '../base/atomic-file.ts';
import type {Quarantine} from '../model/event.ts';
import {ignoredByBoth} from '../record/digest-memo.ts';
import type {ManifestEntry} from '../record/publish-results.ts';
import {roCrate, type CrateFacts, type CrateFile} from '../record/ro-crate.ts';
import {textOption, textOptions, type CommandContext} from './command.ts';
import {askedProfile, type PreparedRun} from './prepare-run.ts';

export function recordPlan(context: CommandContext, prepared: PreparedRun): void {
  const {directory, requests} = prepared;
  writeFileAtomic(directory.run, `${JSON.stringify(resolvedRun(context, prepared), undefined, 1)}\n`);
  writeFileAtomic(directory.plan, `${JSON.stringify({isWhole: requests.length === prepared.planned.length, jobs: requests.map(({planned, limits}) => ({id: planned.id, step: planned.step.name, unit: planned.unit, inputs: planned.inputs, limits}))})}\n`);
}

/** The same record, once samples were set aside. */
export function recordQuarantine(context: CommandContext, prepared: PreparedRun, quarantined: readonly Quarantine[]): void {
  writeFileAtomic(prepared.directory.run, `${JSON.stringify({...resolvedRun(context, prepared), quarantined}, undefined, 1)}\n`);
}

function resolvedRun(context: CommandContext, {loaded, programs, cores, memory_gb, cacheRoot}: PreparedRun): Readonly<Record<string, unknown>> {
  const {config, profile, params, variables} = loaded;
  return {
    ...config.values,
    contrasts: config.contrasts, timepoints: config.timepoints, missing_pairs: config.missing_pairs, seed: config.seed,
    steps: Object.fromEntries([...params].sort(([a], [b]) => (a < b ? -1 : 1))),
    run_file: config.file, asked: {set: textOptions(context, 'set'), profile: askedProfile(context) ?? null, only: textOption(context, 'only') ?? null, until: textOption(context, 'until') ?? null}, profile, cores, memory_gb, cache: cacheRoot, variables,
    versions: {lymphline: context.version, node: process.versions.node},
    images: Object.fromEntries([...programs].flatMap(([, {image}]) => (image === undefined ? [] : [[image.name, {id: image.id, place: image.place}]]))),
    programs: Object.fromEntries([...programs].map(([step, {identity}]) => [step, identity])),
  };
}

/** A run that did nothing keeps the record of the one that did. */
export async function writeCrate(ask: {prepared: PreparedRun; context: CommandContext; results: readonly ManifestEntry[]; started: Date; didWork: boolean}): Promise<void> {
  const {prepared, context, results, started, didWork} = ask;
  const {directory, requests, loaded, memo} = prepared;
  if (!didWork && existsSync(directory.roCrate)) return;
  const inputs: CrateFile[] = [];
  for (const [path, ignores] of [...new Map([[loaded.config.file, []], ...ignoredInInputs(requests)])].sort(([a], [b]) => (a < b ? -1 : 1))) {
    // An input that cannot be read failed its job already.
    const found = await memo.digest(path, ignores).catch(() => undefined);
    if (found !== undefined) inputs.push({path, bytes: found.bytes, sha256: found.digest, role: path === loaded.config.file ? 'run-file' : 'data'});
  }
  const plan = await memo.digest(directory.plan);
  const crate = roCrate({
    name: loaded.config.name, version: context.version, plan: {path: basename(directory.plan), bytes: plan.bytes, sha256: plan.digest}, inputs, others: [], results,
    ...crateSettings(prepared), started: started.toISOString(), ended: new Date().toISOString(),
  });
  writeFileAtomic(directory.roCrate, `${JSON.stringify(crate, undefined, 1)}\n`);
}

/** Every file or folder of the run that a job reads -> the ends of names of files in it that none of its readers reads. */
export function ignoredInInputs(requests: PreparedRun['requests']): Map<string, readonly string[]> {
  const ignored = new Map<string, readonly string[]>();
  for (const request of requests) {
    for (const [input, sources] of Object.entries(request.planned.inputs)) {
      const ignores = request.planned.step.inputs[input]?.ignores ?? [];
      for (const source of sources) {
        if (source.kind !== 'file' || source.root !== 'run') continue;
        const path = request.resolveFile('run', source.path);
        ignored.set(path, ignoredByBoth(ignored.get(path) ?? ignores, ignores));
      }
    }
  }
  return ignored;
}

/** Of the steps that were planned. */
export function crateSettings({requests, programs}: PreparedRun): Pick<CrateFacts, 'params' | 'programs'> {
  const steps = new Map(requests.map(({planned, params}) => [planned.step.name, params]));
  return {
    params: Object.fromEntries([...steps].flatMap(([step, params]) => Object.entries(params).map(([name, value]) => [`${step}.${name}`, value]))),
    programs: Object.fromEntries([...programs].filter(([step]) => steps.has(step)).map(([step, {identity}]) => [step, identity])),
  };
}
