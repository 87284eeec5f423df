// How an attempt failed, from how its process ended, what it left and the state of the disks; undefined where it did not.
import {existsSync, readFileSync} from 'node:fs';
import {lastLines} from '../base/file-end.ts';
import type {ContainerEngine, EngineRequest} from '../executors/engine.ts';
import type {ProcessEnd} from '../executors/process.ts';
import {scratchInside} from '../executors/scratch.ts';
import type {Problem} from '../model/job-file.ts';
import type {RunFailure} from '../model/run-failure.ts';
import type {Fingerprint} from '../plan/fingerprint.ts';
import type {AttemptFolder} from '../record/run-directory.ts';
import {findClosed} from './find-closed.ts';
import type {GatheredInputs, JobRequest} from './job-request.ts';
import {findMisfit} from './validate-outputs.ts';
import {findWriteTrouble, type WriteTrouble} from './write-trouble.ts';

export interface Attempt {
  readonly request: JobRequest;
  readonly inputs: GatheredInputs;
  readonly fingerprint: Fingerprint;
  readonly hash: string;
  readonly folder: AttemptFolder;
  readonly why: readonly string[];
  /** An earlier engine handed it over. */
  readonly isUnderWay: boolean;
  /** Where those before it were lost. */
  readonly avoidNodes?: readonly string[];
}

/** Asked for before the temporary files are gone. */
export function troubleOf(end: ProcessEnd, {folder, environment, scratch}: Pick<EngineRequest, 'folder' | 'environment' | 'scratch'>, log: string): WriteTrouble | undefined {
  if (end.kind !== 'exit' || end.exitCode === 0) return undefined;
  if (end.full !== undefined) return {path: end.full, code: 'ENOSPC'};
  return findWriteTrouble([folder, scratch?.folder ?? environment['TMPDIR']].filter((path) => path !== undefined), lastLines(log, 10).map((line) => (scratch === undefined ? line : line.replaceAll(scratchInside, scratch.folder))));
}

export function failureOf(end: Exclude<ProcessEnd, {kind: 'interrupted'}>, {request, folder, inputs}: Attempt, {engine, trouble}: {readonly engine: ContainerEngine; readonly trouble: WriteTrouble | undefined}): RunFailure | undefined {
  const of = {job: request.planned.id, attempt: folder.number, log: folder.log};
  switch (end.kind) {
    case 'exit':
      if (end.exitCode === 0) return undefined;
      if (end.exitCode === 65 && existsSync(folder.problem)) return {reason: 'step-refused', ...of, problem: JSON.parse(readFileSync(folder.problem, 'utf8')) as Problem};
      {
        const closed = engine.user === undefined ? undefined : findClosed(inputs.files, engine.user);
        if (closed !== undefined) return {reason: 'input-closed', ...of, engine: engine.name, uid: engine.user?.uid ?? 0, ...closed};
        if (trouble !== undefined) return {reason: 'write-failed', job: of.job, log: of.log, ...trouble};
        return {reason: 'step-failed', ...of, exitCode: end.exitCode, lastLines: lastLines(folder.log, 10)};
      }
    case 'signal':
      return {reason: 'step-killed', ...of, signal: end.signal, memory_gb: request.limits.memory_gb};
    case 'out-of-memory':
      return {reason: 'out-of-memory', ...of, memory_gb: request.limits.memory_gb};
    case 'engine-failed':
      return {reason: 'engine-failed', ...of, engine: end.engine, message: end.message};
    case 'not-copied-out':
      return {reason: 'write-failed', job: of.job, log: of.log, path: end.path, code: end.code};
    case 'timeout':
      return {reason: 'step-timed-out', ...of, minutes: request.limits.minutes};
    case 'slurm-ended': {
      const {jobId, state, reason, node} = end;
      return {reason: end.cause, ...of, slurm: {jobId, state, reason, ...(node === undefined ? {} : {node})}};
    }
    case 'not-started':
      return {reason: 'command-not-started', ...of, command: end.command, code: end.code, ...(request.imagePlace === '' ? {} : {image: request.planned.step.container})};
  }
}

export function failureOfOutputs({request, folder}: Attempt, outputs: Readonly<Record<string, string>>): RunFailure | undefined {
  const misfit = findMisfit(request.planned.step, outputs);
  if (misfit === undefined) return undefined;
  const of = {job: request.planned.id, attempt: folder.number, log: folder.log, output: misfit.output};
  if (misfit.kind === 'missing') return {reason: 'output-missing', ...of, expectedPath: misfit.path};
  return {reason: 'output-invalid', ...of, path: misfit.path, found: misfit.found, expected: misfit.expected};
}
