// One planned job with everything a run knows of it before its inputs exist.
import {join} from 'node:path';
import {systemErrorOf} from '../base/system-error.ts';
import type {Design, JobFile} from '../model/job-file.ts';
import type {PlannedJob} from '../model/plan.ts';
import {outputFileName, type StepContract} from '../model/step-contract.ts';
import type {Fingerprint} from '../plan/fingerprint.ts';
import {makeFingerprint} from '../plan/fingerprint.ts';
import type {DigestMemo} from '../record/digest-memo.ts';

export interface JobRequest {
  readonly planned: PlannedJob;
  readonly params: Readonly<Record<string, unknown>>;
  readonly config: Readonly<Record<string, unknown>>;
  readonly design: Design;
  readonly seed: number;
  /** Digest of the step's folder and the project files it reaches. */
  readonly source: string;
  /** Part of the fingerprint: the id of the image, or the tools of this machine. */
  readonly image: string;
  /** What the engine is told of it. */
  readonly imagePlace: string;
  /** What has to be readable besides the inputs: our code, and Node where the image has none. */
  readonly code: readonly string[];
  readonly limits: JobFile['limits'];
  readonly version: string;
  /** Absolute path of a file that the run file, a sheet or the project names. */
  readonly resolveFile: (root: 'run' | 'project', path: string) => string;
  /** The command of the contract with absolute paths. */
  readonly argv: readonly string[];
}

/** What a finished job offers to those downstream. */
export interface FinishedOutputs {
  readonly [output: string]: {readonly path: string; readonly digest: string; readonly bytes: number; /** Its file is gone; who needs it has to have it made again. */ readonly isRemoved?: boolean};
}

export interface GatheredInputs {
  readonly files: JobFile['inputs'];
  readonly digests: Fingerprint['inputs'];
  readonly bytes: number;
  /** Jobs whose output is needed and was removed. */
  readonly removed: readonly string[];
}

export type Gathered =
  | {readonly kind: 'inputs'; readonly inputs: GatheredInputs}
  | {readonly kind: 'waiting'; readonly input: string; readonly job: string}
  | {readonly kind: 'unreadable'; readonly input: string; readonly path: string; readonly code: string};

/** Paths and content digests of a job's inputs; `waiting` where an upstream job has no result yet. */
export async function gatherInputs(request: JobRequest, finished: ReadonlyMap<string, FinishedOutputs>, memo: DigestMemo): Promise<Gathered> {
  const files: Record<string, {unit: string; path: string}[]> = {};
  const digests: Record<string, string[]> = {};
  const removed = new Set<string>();
  let bytes = 0;
  for (const [input, sources] of Object.entries(request.planned.inputs)) {
    files[input] = [];
    digests[input] = [];
    for (const source of sources) {
      if (source.kind === 'job') {
        const upstream = finished.get(source.job);
        if (upstream === undefined) return {kind: 'waiting', input, job: source.job};
        const output = upstream[source.output];
        // An optional output that its step did not write.
        if (output === undefined) continue;
        files[input].push({unit: source.unit, path: output.path});
        digests[input].push(output.digest);
        bytes += output.bytes;
        if (output.isRemoved) removed.add(source.job);
      } else {
        const path = request.resolveFile(source.root, source.path);
        try {
          const found = await memo.digest(path, request.planned.step.inputs[input]?.ignores);
          digests[input].push(found.digest);
          bytes += found.bytes;
        } catch (error) {
          return {kind: 'unreadable', input, path, code: systemErrorOf(error)?.code ?? String(error)};
        }
        files[input].push({unit: source.unit, path});
      }
    }
  }
  return {kind: 'inputs', inputs: {files, digests, bytes, removed: [...removed]}};
}

export function fingerprintOf(request: JobRequest, inputs: GatheredInputs): Fingerprint {
  const {planned, source, image, params, config, design, seed} = request;
  // The unit's name is part of what a step writes; the order of the files is fixed by the plan.
  const units = Object.fromEntries(Object.entries(inputs.files).map(([name, list]) => [name, list.map((file) => file.unit)]));
  return makeFingerprint({step: planned.step, source, image, inputs: inputs.digests, params, config, design: {unit: planned.unit, units, ...design}, seed});
}

export function outputPaths(step: StepContract, folder: string): Record<string, string> {
  return Object.fromEntries(Object.entries(step.outputs).map(([name, output]) => [name, join(folder, outputFileName(name, output))]));
}

export function jobFileOf(request: JobRequest, inputs: GatheredInputs, attempt: Required<Pick<JobFile, 'outputs' | 'command'>>): JobFile {
  const {planned, params, config, design, seed, limits, version} = request;
  const optional = Object.entries(planned.step.outputs).filter(([, output]) => output.optional).map(([name]) => name);
  return {
    job: planned.id, step: planned.step.name, unit: planned.unit, inputs: inputs.files, params, config, design, seed, outputs: attempt.outputs,
    ...(optional.length > 0 ? {optional_outputs: optional} : {}), ...(planned.step.tools?.length ? {tools: planned.step.tools} : {}), limits, version, command: attempt.command,
  };
}
