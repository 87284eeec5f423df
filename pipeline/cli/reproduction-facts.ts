// What the engine knows of a reproduction, for the comparison and its page: inputs, versions, causes, tolerances, what could not be made again.
import type {StepContract} from '../model/step-contract.ts';
import {causesOf} from '../plan/fingerprint-causes.ts';
import type {Fingerprint} from '../plan/fingerprint.ts';
import {bundleNames} from '../record/bundle.ts';
import {attemptsOf, type RunDirectory} from '../record/run-directory.ts';
import {lastRecord} from '../schedule/recorded-jobs.ts';
import type {Rebuilt} from './choose-rebuilt.ts';
import {publishedDigest, type CommandContext} from './command.ts';
import type {Study} from './lay-out-study.ts';
import type {PreparedRun} from './prepare-run.ts';

export interface Rerun {
  readonly directory: RunDirectory;
  readonly study: Study;
  readonly contracts: readonly StepContract[];
  readonly prepared: PreparedRun;
  readonly rebuilt: Rebuilt;
  readonly nPlanned: number;
}

/** Of what the comparison and its page are told, what the command line tells too. */
export interface ToldFacts {
  /** Each change once, with the jobs whose own inputs it is among. */
  readonly causes: readonly {readonly words: string; readonly jobs: readonly string[]}[];
  readonly jobs: {readonly planned: number; readonly ran: number; readonly failed: number};
}

/** steps/compare-results/run.ts reads it. */
export function reproductionFacts(context: CommandContext, {directory, study, contracts, prepared, rebuilt, nPlanned}: Rerun): ToldFacts & Readonly<Record<string, unknown>> {
  const {bundle, seal, unsealed, inputs} = study;
  const digest = publishedDigest(context);
  const done = prepared.requests.filter(({planned}) => lastRecord(attemptsOf(directory.job(planned.id))) !== undefined).length;
  const entry = rebuilt.left.size === 0 ? 'from the inputs on' : rebuilt.jobs.length === 0 ? 'nothing is at hand to begin with' : `${rebuilt.taken.size} jobs are stood in for by their tables in the bundle`;
  return {
    name: bundle.seal.name, version: {published: bundle.seal.version, here: context.version}, node: {published: bundle.run.versions['node'] ?? '', here: process.versions.node},
    seal, ...(digest === undefined ? {} : {publishedSeal: digest}), unsealed, inputs, jobs: {planned: nPlanned, ran: done, failed: prepared.requests.length - done}, entry,
    causes: findCauses({directory, study, prepared, rebuilt}),
    notRebuilt: notRebuilt(study, rebuilt), tolerances: tolerancesOf(contracts),
    programs: Object.entries(bundle.run.programs).map(([step, published]) => ({step, published, here: prepared.programs.get(step)?.identity ?? ''})),
  };
}

function findCauses({directory, study, prepared, rebuilt}: Pick<Rerun, 'directory' | 'study' | 'prepared' | 'rebuilt'>): {words: string; jobs: string[]}[] {
  const causes = new Map<string, string[]>();
  const published = new Map(study.bundle.jobs.map((job) => [job.id, job]));
  for (const {planned} of prepared.requests) {
    const [here, before] = [lastRecord(attemptsOf(directory.job(planned.id)))?.record.fingerprint as Fingerprint | undefined, published.get(planned.id)];
    if (here === undefined) continue;
    const {name} = planned.step;
    const words = before === undefined ? [`the plan: job ${planned.id} is new`] : causesOf({
      step: name, published: before.fingerprint as Fingerprint, here, inputs: planned.inputs, samplesSheet: bundleNames.samples,
      sources: {...(study.bundle.run.sources[name] === undefined ? {} : {published: study.bundle.run.sources[name]}), ...(prepared.sources.has(name) ? {here: prepared.sources.get(name)!} : {})},
    });
    for (const one of words) causes.set(one, [...(causes.get(one) ?? []), planned.id]);
  }
  const planned = new Set([...rebuilt.jobs.map(({id}) => id), ...rebuilt.left.keys()]);
  const gone = [...published.keys()].filter((id) => !planned.has(id));
  if (gone.length > 0) causes.set('the plan: jobs that were published are no longer in it', gone);
  return [...causes].map(([words, jobs]) => ({words, jobs}));
}

/** Published results whose job could not run here. */
function notRebuilt({bundle}: Study, {left}: Rebuilt): {path: string; why: string}[] {
  const results = bundle.seal.files.map(({path}) => path);
  return bundle.jobs.flatMap((job) => {
    const why = left.get(job.id);
    if (why === undefined) return [];
    const places = Object.values(job.outputs).flatMap(({file}) => (file === undefined ? [] : [file]));
    return results.filter((path) => places.some((place) => path === place || path.startsWith(`${place}/`))).map((path) => ({path: path.slice(bundleNames.result('').length), why}));
  });
}

function tolerancesOf(contracts: readonly StepContract[]): Record<string, unknown> {
  return Object.fromEntries(contracts.flatMap((step) => Object.values(step.outputs).flatMap(({publish, tolerance}) => (publish === undefined || tolerance === undefined ? [] : [[publish, tolerance]]))));
}
