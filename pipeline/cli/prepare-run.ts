// From a run file to job requests: config, contracts, plan, sources. Everything that can be wrong is found here, before anything starts.
import {readdirSync, readFileSync, statSync} from 'node:fs';
import {availableParallelism, totalmem} from 'node:os';
import {basename, dirname, join, relative, resolve} from 'node:path';
import {canonicalJson, digestText} from '../base/digest.ts';
import {nodeFlags} from '../base/node-flags.ts';
import {succeeded, type Result} from '../base/result.ts';
import {loadConfig, type LoadedConfig} from '../config/load-config.ts';
import {readStepContracts} from '../config/read-step-contracts.ts';
import type {Failure} from '../model/failure.ts';
import type {FoundImage} from '../model/image.ts';
import type {Design, DesignRow} from '../model/job-file.ts';
import type {PlannedJob} from '../model/plan.ts';
import type {LibraryRow} from '../model/run-config.ts';
import {chosenVariant, type StepContract} from '../model/step-contract.ts';
import {usedParams} from '../plan/fingerprint.ts';
import {planJobs} from '../plan/plan-jobs.ts';
import {reachedSources} from '../plan/reached-sources.ts';
import type {StepSource} from '../record/bundle.ts';
import {openDigestMemo, type DigestMemo} from '../record/digest-memo.ts';
import {measuredFile, readMeasured} from '../record/measured.ts';
import {runDirectory, type RunDirectory} from '../record/run-directory.ts';
import {estimatePlan, learntLimits, type JobEstimate} from '../schedule/estimate.ts';
import type {JobRequest} from '../schedule/job-request.ts';
import {numberOption, textOption, textOptions, UsageError, type CommandContext} from './command.ts';
import {findPrograms, type Programs} from './find-programs.ts';
import {selectJobs} from './select-jobs.ts';

export interface PreparedRun {
  readonly loaded: LoadedConfig;
  readonly programs: Programs;
  readonly requests: readonly JobRequest[];
  /** The requests where these samples (sample_id -> reason) are excluded, as if the sheet said so. */
  readonly requestsWithout: (excluded: ReadonlyMap<string, string>) => readonly JobRequest[];
  /** By step. */
  readonly sources: ReadonlyMap<string, StepSource>;
  /** Before --only and --until. */
  readonly planned: readonly PlannedJob[];
  /** By job. */
  readonly estimates: ReadonlyMap<string, JobEstimate>;
  readonly directory: RunDirectory;
  readonly cacheRoot: string;
  readonly memo: DigestMemo;
  readonly cores: number;
  readonly memory_gb: number;
}

/** Options that `run`, `plan` and `why` share. */
export const runOptions = {
  'run-dir': {type: 'string'},
  profile: {type: 'string'},
  set: {type: 'string', multiple: true},
  only: {type: 'string'},
  until: {type: 'string'},
  cores: {type: 'string'},
  memory: {type: 'string'},
} as const;

/** `choose`: of the planned jobs those that are wanted, before their programs are looked for. */
export async function prepareRun(context: CommandContext, runFile: string, choose: (jobs: readonly PlannedJob[]) => readonly PlannedJob[] = (jobs) => jobs): Promise<Result<PreparedRun, readonly Failure[]>> {
  const contracts = await readStepContracts(context.codeRoot);
  if (!contracts.ok) return contracts;
  const file = resolve(context.folder, runFile);
  const profile = askedProfile(context);
  const loaded = await loadConfig({
    file, contracts: contracts.value, set: textOptions(context, 'set'), environment: context.environment, projectRoot: context.projectRoot,
    ...(profile === undefined ? {} : {profile}),
  });
  if (!loaded.ok) return loaded;
  const {params} = loaded.value;
  const steps = contracts.value.map((step) => chosenVariant(step, params.get(step.name) ?? {}));
  const plan = planJobs(loaded.value.config, loaded.value.rows, steps);
  if (!plan.ok) return plan;
  const jobs = choose(selectJobs(plan.value.jobs, {only: textOption(context, 'only'), until: textOption(context, 'until')}));
  const root = resolve(context.folder, textOption(context, 'run-dir') ?? join(dirname(file), 'runs', loaded.value.config.name));
  const cacheRoot = resolve(context.folder, context.environment['LYMPHLINE_CACHE'] || join(dirname(root), '.lymphline-cache'));
  if (statSync(root, {throwIfNoEntry: false})?.isFile()) throw new UsageError(`${root} is a file; --run-dir names a folder.`);
  const memo = openDigestMemo(join(cacheRoot, 'digests.jsonl'));
  const cores = Math.floor(numberOption(context, 'cores') ?? loaded.value.profile.cores ?? availableParallelism());
  const memory_gb = numberOption(context, 'memory') ?? loaded.value.profile.memory_gb ?? Math.floor(totalmem() / 2 ** 30);
  const programs = await findPrograms(context, loaded.value.profile, [...new Map(jobs.map(({step}) => [step.name, step])).values()]);
  if (!programs.ok) return programs;
  const sources = await digestSources(context, [...new Set(jobs.map((job) => job.step))], memo);
  const inRun = [...new Set(plan.value.jobs.map(({step}) => step))];
  const measured = readMeasured(measuredFile(cacheRoot));
  const {profile: {requests: asks, resources}} = loaded.value;
  const request = (rows: readonly LibraryRow[], own: readonly PlannedJob[]): {requests: JobRequest[]; estimates: ReadonlyMap<string, JobEstimate>} => {
    const made = makeRequests({context, loaded: {...loaded.value, rows}, jobs: own, inRun, sources, programs: programs.value, cores: loaded.value.profile.launcher === 'local' ? Math.max(1, cores) : Infinity});
    const estimates = estimatePlan(made, measured);
    const withLimits = (one: JobRequest): JobRequest => ({...one, limits: learntLimits(one, estimates.get(one.planned.id), resources?.[one.planned.step.name])});
    return {requests: asks === 'learnt' ? made.map(withLimits) : made, estimates};
  };
  const {requests, estimates} = request(loaded.value.rows, jobs);
  const requestsWithout: PreparedRun['requestsWithout'] = (excluded) => {
    const rows = withExcluded(loaded.value.rows, excluded);
    const less = planJobs(loaded.value.config, rows, steps);
    if (!less.ok) throw new Error(`the plan without ${[...excluded.keys()].join(', ')}: ${JSON.stringify(less.error)}`);
    const selected = new Set(jobs.map((job) => job.id));
    return request(rows, less.value.jobs.filter((job) => selected.has(job.id))).requests;
  };
  return succeeded({loaded: loaded.value, programs: programs.value, requests, requestsWithout, sources, estimates, planned: plan.value.jobs, directory: runDirectory(root), cacheRoot, memo, cores: Math.max(1, cores), memory_gb});
}

/** A row that the sheet excludes keeps its reason. */
export function withExcluded(rows: readonly LibraryRow[], excluded: ReadonlyMap<string, string>): LibraryRow[] {
  return rows.map((row) => ({...row, excluded: row.excluded || (excluded.get(row.sample_id) ?? '')}));
}

/** A path on the command line is relative to where the user is; one in the run file to the run file. */
export function askedProfile(context: CommandContext): string | undefined {
  const named = textOption(context, 'profile');
  return named !== undefined && /[/\\]|\.ya?ml$/.test(named) ? resolve(context.folder, named) : named;
}

function makeRequests(ask: {context: CommandContext; loaded: LoadedConfig; jobs: readonly PlannedJob[]; inRun: readonly StepContract[]; sources: ReadonlyMap<string, StepSource>; programs: Programs; cores: number}): JobRequest[] {
  const {context, loaded, jobs, inRun, sources, programs, cores} = ask;
  const settings = settingsOf(inRun, loaded.params);
  const folder = dirname(loaded.config.file);
  const rows = loaded.rows.map((row) => ({row, design: designRow(row)}));
  const all = rows.map((one) => one.design);
  // Looked up once: a scan of all rows for each job would cost the square of their number.
  const rowsOf = {library: Map.groupBy(rows, ({row}) => row.library_id), sample: Map.groupBy(rows, ({row}) => row.sample_id), patient: Map.groupBy(rows, ({row}) => row.patient_id)};
  const resolveFile: JobRequest['resolveFile'] = (root, path) => resolve(root === 'run' ? folder : context.projectRoot, path);
  const ofStep = (step: StepContract): Omit<JobRequest, 'planned' | 'design'> => {
    const {cpus, memory_gb, minutes} = {...step.resources, ...loaded.profile.resources?.[step.name]};
    const program = programs.get(step.name);
    return {
      params: loaded.params.get(step.name) ?? {},
      config: Object.fromEntries((step.config ?? []).map((key) => [key, key === 'steps' ? settings : withoutPath(key, loaded.config.values[key])])),
      seed: loaded.config.seed,
      source: sources.get(step.name)?.digest ?? '',
      image: program?.identity ?? step.container,
      imagePlace: program?.image?.place ?? '',
      code: codeOf(context, program?.image),
      limits: {cpus: Math.min(cpus, cores), memory_gb, minutes},
      version: context.version,
      resolveFile,
      argv: commandOf(context.codeRoot, step, nodeOf(program?.image)),
    };
  };
  const shared = new Map<StepContract, ReturnType<typeof ofStep>>();
  return jobs.map((planned): JobRequest => {
    const {step, unit} = planned;
    const common = shared.get(step) ?? ofStep(step);
    shared.set(step, common);
    const design: Design = {
      rows: unit.kind === 'cohort' ? all : (rowsOf[unit.kind].get(unit.id) ?? []).map((one) => one.design),
      ...(step.design === 'full'
        ? {timepoints: loaded.config.timepoints, contrasts: loaded.config.contrasts, missing_pairs: loaded.config.missing_pairs, visits: loaded.visits}
        : {}),
    };
    return {planned, design, ...common};
  });
}

/** What a step that asks for the key `steps` is given: the parameters that count of every step of the run, with those that differ from the defaults. */
function settingsOf(steps: readonly StepContract[], params: LoadedConfig['params']): Record<string, unknown> {
  return Object.fromEntries(steps.map((step) => {
    const own = usedParams(step, params.get(step.name) ?? {});
    return [step.name, {params: own, changed: Object.keys(own).filter((name) => JSON.stringify(own[name]) !== JSON.stringify(step.params[name].default))}];
  }));
}

/** The value of a run file key without where its files lie: their content is an input of its own. */
function withoutPath(key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !['cells', 'labels', 'signatures'].includes(key)) return value ?? null;
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== 'path' && name !== 'files'));
}

/** The sheet row with the defaults of the columns it lacks. Where a file lies never decides a result, so a step's design does not say. */
function designRow(row: LibraryRow): DesignRow {
  const named = Object.fromEntries(Object.entries(row.columns).filter(([name, value]) => value !== '' || !['tissue', 'cell_subset', 'gem_well'].includes(name)));
  const withDefaults: DesignRow = {tissue: 'blood', cell_subset: 'PBMC', gem_well: row.sample_id, ...named};
  const columns = Object.entries(withDefaults).filter(([name]) => !['path', 'fastq_1', 'fastq_2', 'contigs', 'whitelist', 'demux', 'chemistry_file'].includes(name));
  return {...Object.fromEntries(columns), library_id: row.library_id, excluded: row.excluded};
}

/** The Node of this process where there is no container, or one without Node. */
export const nodeOf = (image: FoundImage | undefined): string => (image?.node === 'image' ? 'node' : process.execPath);

/** What a container has to see of us: what runs is what the fingerprint digested, not what an image was built with. */
export function codeOf({codeRoot, projectRoot}: CommandContext, image: FoundImage | undefined): string[] {
  if (image === undefined) return [];
  const parts = [join(codeRoot, 'pipeline'), join(codeRoot, 'steps'), join(projectRoot, 'configs'), join(projectRoot, 'node_modules'), join(projectRoot, 'package.json')];
  return image.node === 'host' ? [...parts, process.execPath] : parts;
}

/** `node` becomes the given one; a file of the step's folder gets its absolute path (`run.ts` is `run.js` in the compiled package). */
export function commandOf(codeRoot: string, step: StepContract, node = process.execPath): string[] {
  const folder = join(codeRoot, 'steps', step.name);
  const files = new Set(readdirSync(folder));
  return step.command.flatMap((word, at) => {
    if (at === 0 && word === 'node') return [node, ...nodeFlags];
    const compiled = word.replace(/\.ts$/, '.js');
    return [files.has(word) ? join(folder, word) : files.has(compiled) ? join(folder, compiled) : word];
  });
}

/** Per step: its folder (without what is only for readers), the project files its code reaches, and the pinned libraries. */
async function digestSources(context: CommandContext, steps: readonly StepContract[], memo: DigestMemo): Promise<Map<string, StepSource>> {
  const {dependencies} = JSON.parse(readFileSync(join(context.projectRoot, 'package.json'), 'utf8')) as {dependencies: Record<string, string>};
  const imports = new Map<string, readonly string[]>();
  const sources = new Map<string, StepSource>();
  for (const step of steps) {
    const folder = join(context.codeRoot, 'steps', step.name);
    const own = readdirSync(folder, {recursive: true, withFileTypes: true})
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => isSource(relative(folder, path)));
    const reached = own.filter((path) => /\.[tj]s$/.test(path)).flatMap((path) => reachedSources(path, imports));
    const files: [string, string][] = [];
    for (const path of [...new Set([...own, ...reached])].sort()) files.push([relative(context.codeRoot, path), (await memo.digest(path)).digest]);
    const source = {files, dependencies, version: context.version};
    sources.set(step.name, {digest: digestText(canonicalJson(source)), ...source});
  }
  return sources;
}

function isSource(path: string): boolean {
  return !/^(example|__pycache__)\//.test(path) && basename(path) !== 'README.md' && basename(path) !== 'step.yaml' && !/\.test\.[tj]s$|\.d\.ts$/.test(path);
}
