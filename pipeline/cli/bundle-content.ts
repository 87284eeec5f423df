// What goes into a bundle, gathered from a finished run: its study made portable, its results, the tables between its steps, and records that name
// no machine.
import {readFileSync, statSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import {digestText} from '../base/digest.ts';
import {failed, succeeded, type Result} from '../base/result.ts';
import type {PathSetting} from '../config/expand-path.ts';
import {citationFile} from '../config/read-citations.ts';
import {portableRunFile, portableSamples, sheetName, studyFiles, type StudyFiles} from '../config/portable-study.ts';
import type {Failure} from '../model/failure.ts';
import type {InputSource} from '../model/plan.ts';
import {outputFileName, type Format} from '../model/step-contract.ts';
import {bundleFormat, bundleNames, type BundledJob, type BundledRun, type BundleInput, type BundleSeal} from '../record/bundle.ts';
import {filesSeenIn} from '../record/digest-memo.ts';
import type {ManifestEntry} from '../record/publish-results.ts';
import {roCrate, type CrateFile} from '../record/ro-crate.ts';
import type {ZipEntry} from '../record/zip-file.ts';
import type {RecordedJob} from '../schedule/recorded-jobs.ts';
import type {CommandContext} from './command.ts';
import {crateSettings, ignoredInInputs} from './record-run.ts';
import type {PreparedRun} from './prepare-run.ts';

export interface BundleRequest {
  readonly context: CommandContext;
  readonly prepared: PreparedRun;
  readonly jobs: readonly RecordedJob[];
  readonly manifest: readonly ManifestEntry[];
  readonly withInputs: boolean;
  /** Steps whose outputs go in whatever their format. */
  readonly withSteps: readonly string[];
  /** sample_id -> reason, of samples that the run set aside. */
  readonly quarantined: ReadonlyMap<string, string>;
}

export interface BundleContent {
  readonly entries: readonly ZipEntry[];
  readonly seal: BundleSeal;
  /** sha256 of bundle.json. */
  readonly digest: string;
}

/** What a reader, or a later step, can use without the matrix it was made from. */
const tableFormats: readonly Format[] = ['tsv', 'tsv.gz', 'json', 'yaml', 'gmt'];

export async function bundleContent(ask: BundleRequest): Promise<Result<BundleContent, readonly Failure[]>> {
  const {prepared, context} = ask;
  const {loaded, directory, memo} = prepared;
  const paths: PathSetting = {folder: dirname(loaded.config.file), projectRoot: context.projectRoot, environment: context.environment, variables: {}};
  const study = studyFiles(loaded, paths, ask.quarantined);
  if (!study.ok) return study;
  const steps = new Map(prepared.requests.map(({planned: {step}, params}) => [step.name, {name: step.name, params, tools: step.tools ?? []}]));
  const citation = await citationFile(context.projectRoot, [...steps.values()]);
  const inputs = await bundleInputs(study.value, ask);
  const placeOf = (path: string): string => {
    const place = inputs.places.get(path);
    if (place === undefined) throw new Error(`${path} is no input of the run`);
    return place;
  };
  const runFile = await portableRunFile(loaded, paths, placeOf);
  if (!runFile.ok) return failed(runFile.error);
  const entries: ZipEntry[] = [{name: bundleNames.runFile, from: {content: runFile.value}}, {name: bundleNames.citation, from: {content: citation}}];
  for (const [key, file] of study.value.sheets) {
    entries.push({name: sheetName(key, file), from: key === 'samples' ? {content: portableSamples(file, {paths, place: placeOf, quarantined: ask.quarantined})} : {path: file}});
  }
  const sheetPlaces = new Map([...study.value.sheets].map(([key, file]) => [file, sheetName(key, file)]));
  const jobs = bundledJobs(ask, (path) => sheetPlaces.get(path) ?? placeOf(path));
  entries.push(...inputs.entries, ...jobs.entries, json(bundleNames.run, runRecord(ask)), json(bundleNames.plan, {jobs: jobs.jobs}));
  for (const path of [...ask.manifest.map((entry) => entry.path), basename(directory.manifest)]) entries.push({name: bundleNames.result(path), from: {path: join(directory.results, path)}});
  const seen = await Promise.all(entries.map(async (entry): Promise<ManifestEntry> => sized(entry, memo.digest)));
  const crate = json(bundleNames.crate, crateOf(ask, {files: seen, sheets: new Map([...study.value.sheets].map(([key, file]) => [sheetName(key, file), key])), inputs: inputs.inputs}));
  const files = [...seen, await sized(crate, memo.digest)].sort((a, b) => (a.path < b.path ? -1 : 1));
  const seal: BundleSeal = {format: bundleFormat, name: loaded.config.name, version: context.version, inputs: inputs.inputs, files};
  const sealed = json(bundleNames.seal, seal);
  return succeeded({entries: [...entries, crate, sealed], seal, digest: digestText(contentOf(sealed))});
}

interface GatheredInputs {
  readonly inputs: readonly BundleInput[];
  /** Absolute path -> path in the bundle. */
  readonly places: ReadonlyMap<string, string>;
  readonly entries: readonly ZipEntry[];
}

async function bundleInputs({inputs: paths, kept}: StudyFiles, {prepared: {memo, requests}, withInputs}: BundleRequest): Promise<GatheredInputs> {
  const ignored = ignoredInInputs(requests);
  const inputs = new Map<string, BundleInput>();
  const places = new Map<string, string>();
  const entries: ZipEntry[] = [];
  for (const path of [...paths, ...kept.keys()]) {
    // As the jobs digested it, so that a folder without what nobody reads is the same input.
    const ignores = ignored.get(path) ?? [];
    const {digest, bytes} = await memo.digest(path, ignores);
    const own = kept.get(path);
    const place = own ?? bundleNames.input(digest, basename(path));
    places.set(path, place);
    if (inputs.has(place)) continue;
    const isBundled = withInputs || own !== undefined;
    if (statSync(path).isDirectory()) {
      const members = await Promise.all(filesSeenIn(path).filter((name) => !ignores.some((end) => name.endsWith(end))).map(async (name): Promise<ManifestEntry> => {
        const member = await memo.digest(join(path, name));
        return {path: name, bytes: member.bytes, sha256: member.digest};
      }));
      inputs.set(place, {path: place, digest, bytes, members, isBundled});
      if (isBundled) entries.push(...members.map((member) => ({name: `${place}/${member.path}`, from: {path: join(path, member.path)}})));
    } else {
      inputs.set(place, {path: place, digest, bytes, isBundled});
      if (isBundled) entries.push({name: place, from: {path}});
    }
  }
  return {inputs: [...inputs.values()].sort((a, b) => (a.path < b.path ? -1 : 1)), places, entries};
}

/**
 * An output that is published lies among the results; a table between two steps, and what the last steps read, gets a place of its own, so that
 * figures can always be drawn again; any other matrix stays behind.
 */
function bundledJobs({jobs, manifest, withSteps}: BundleRequest, placeOf: (path: string) => string): {jobs: BundledJob[]; entries: ZipEntry[]} {
  const isPublished = (place: string): boolean => manifest.some(({path}) => path === place || path.startsWith(`${place}/`));
  const readLast = readByLastJobs(jobs);
  const entries: ZipEntry[] = [];
  const bundled = jobs.map(({request, record, paths}): BundledJob => {
    const {planned} = request;
    const outputs = Object.entries(record.outputs).map(([name, output]) => {
      const contract = planned.step.outputs[name];
      const {publish, format} = contract;
      if (publish !== undefined && planned.unit.kind === 'cohort' && isPublished(publish)) return [name, {...output, file: bundleNames.result(publish)}] as const;
      const isWanted = publish === undefined && (tableFormats.includes(format) || readLast.has(`${planned.id}.${name}`) || withSteps.includes(planned.step.name));
      const stat = statSync(paths[name], {throwIfNoEntry: false});
      if (!isWanted || stat === undefined) return [name, output] as const;
      const file = bundleNames.output(planned.id, outputFileName(name, contract));
      if (stat.isDirectory()) entries.push(...filesSeenIn(paths[name]).map((member) => ({name: `${file}/${member}`, from: {path: join(paths[name], member)}})));
      else entries.push({name: file, from: {path: paths[name]}});
      return [name, {...output, file}] as const;
    });
    const inputs = Object.entries(planned.inputs).map(([name, sources]) => [name, sources.map((source) => (source.kind === 'file' && source.root === 'run' ? {...source, path: placeOf(request.resolveFile('run', source.path))} : source))] as const);
    return {id: planned.id, step: planned.step.name, unit: planned.unit, inputs: Object.fromEntries(inputs), hash: record.hash, fingerprint: record.fingerprint, outputs: Object.fromEntries(outputs)};
  });
  return {jobs: bundled, entries};
}

/** `<job>.<output>` of what is read by jobs that nothing comes after. */
function readByLastJobs(jobs: readonly RecordedJob[]): ReadonlySet<string> {
  const sourcesOf = ({request}: RecordedJob): (InputSource & {kind: 'job'})[] => Object.values(request.planned.inputs).flat().filter((source) => source.kind === 'job');
  const read = new Set(jobs.flatMap(sourcesOf).map(({job}) => job));
  return new Set(jobs.filter(({request}) => !read.has(request.planned.id)).flatMap(sourcesOf).map(({job, output}) => `${job}.${output}`));
}

/** The configuration with every default, without where anything lay. */
function runRecord({context, prepared: {loaded, programs, requests, sources}}: BundleRequest): BundledRun & Readonly<Record<string, unknown>> {
  const {config, params} = loaded;
  const steps = [...new Set(requests.map(({planned}) => planned.step.name))].sort();
  return {
    name: config.name, timepoints: config.timepoints, contrasts: config.contrasts, missing_pairs: config.missing_pairs, seed: config.seed,
    steps: Object.fromEntries(steps.map((step) => [step, params.get(step) ?? {}])),
    versions: {lymphline: context.version, node: process.versions.node},
    images: Object.fromEntries([...programs.values()].flatMap(({image}) => (image === undefined ? [] : [[image.name, image.id]]))),
    programs: Object.fromEntries(steps.map((step) => [step, programs.get(step)?.identity ?? ''])),
    sources: Object.fromEntries(steps.flatMap((step) => (sources.has(step) ? [[step, sources.get(step)!]] : []))),
  };
}

function crateOf({context, prepared, manifest}: BundleRequest, {files, sheets, inputs}: {files: readonly ManifestEntry[]; sheets: ReadonlyMap<string, string>; inputs: readonly BundleInput[]}): unknown {
  const {started, ended} = timesOf(prepared.directory.roCrate);
  const isData = (path: string): boolean => inputs.some((input) => path === input.path || path.startsWith(`${input.path}/`));
  const roleOf = (path: string): string | undefined => (path === bundleNames.runFile ? 'run-file' : sheets.get(path) ?? (isData(path) ? 'data' : undefined));
  const withRole = files.map(({path, bytes, sha256}): CrateFile => ({path, bytes, sha256, ...(roleOf(path) === undefined ? {} : {role: roleOf(path)!})}));
  const published = new Set(manifest.map((entry) => bundleNames.result(entry.path)));
  return roCrate({
    name: prepared.loaded.config.name, version: context.version, plan: withRole.find(({path}) => path === bundleNames.plan)!, results: manifest, ...crateSettings(prepared), started, ended,
    inputs: withRole.filter(({role}) => role !== undefined), others: withRole.filter(({path, role}) => role === undefined && path !== bundleNames.plan && !published.has(path)),
  });
}

/** Of the run that made the results, so that two bundles of one run are equal. */
function timesOf(crate: string): {started: string; ended: string} {
  const {'@graph': entities} = JSON.parse(readFileSync(crate, 'utf8')) as {'@graph': readonly Readonly<Record<string, string>>[]};
  const run = entities.find((entity) => entity['@id'] === '#run');
  return {started: run?.['startTime'] ?? '', ended: run?.['endTime'] ?? ''};
}

const json = (name: string, value: unknown): ZipEntry => ({name, from: {content: `${JSON.stringify(value, undefined, 1)}\n`}});
const contentOf = ({from}: ZipEntry): string => ('content' in from ? from.content : '');

async function sized({name, from}: ZipEntry, digest: (path: string) => Promise<{digest: string; bytes: number}>): Promise<ManifestEntry> {
  if ('content' in from) return {path: name, bytes: Buffer.byteLength(from.content), sha256: digestText(from.content)};
  const found = await digest(from.path);
  return {path: name, bytes: found.bytes, sha256: found.digest};
}
