// What a job will take, from what jobs of its step took on inputs of about the same size; where there are none, what its contract says.
import {lstatSync} from 'node:fs';
import {join} from 'node:path';
import {filesIn} from '../record/digest-memo.ts';
import type {Measured} from '../record/measured.ts';
import type {JobRequest} from './job-request.ts';

export interface JobEstimate {
  readonly input_bytes: number;
  readonly seconds: number;
  readonly memory_gb: number;
  /** Bytes by output. */
  readonly outputs: Readonly<Record<string, number>>;
  /** From earlier jobs, not from the contract. */
  readonly isLearnt: boolean;
  readonly isMemoryLearnt: boolean;
}

/** So many earlier jobs, nearest in size, are asked; the most of them counts. */
const nNearest = 8;
const nLatest = 50;

export function estimateJob({limits, planned}: Pick<JobRequest, 'limits' | 'planned'>, input_bytes: number, earlier: readonly Measured[]): JobEstimate {
  const byDistance = earlier.slice(-nLatest).map((one) => ({one, distance: Math.abs(Math.log((one.input_bytes + 1) / (input_bytes + 1)))}));
  const near = byDistance.sort((a, b) => a.distance - b.distance).slice(0, nNearest).map(({one}) => one);
  if (near.length === 0) {
    const names = Object.keys(planned.step.outputs);
    return {input_bytes, seconds: limits.minutes * 60, memory_gb: limits.memory_gb, outputs: Object.fromEntries(names.map((name) => [name, input_bytes / names.length])), isLearnt: false, isMemoryLearnt: false};
  }
  // In proportion above the largest that was seen; below the smallest, what that took.
  const growth = Math.max(1, (input_bytes + 1) / (Math.max(...near.map((one) => one.input_bytes)) + 1));
  const most = (values: readonly number[]): number => Math.max(0, ...values) * growth;
  const peaks = near.flatMap(({peak_memory_gb}) => peak_memory_gb ?? []);
  const names = new Set(near.flatMap(({outputs}) => Object.keys(outputs)));
  return {
    input_bytes,
    seconds: most(near.map(({seconds}) => seconds)),
    memory_gb: peaks.length === 0 ? limits.memory_gb : most(peaks),
    outputs: Object.fromEntries([...names].map((name) => [name, most(near.map(({outputs}) => outputs[name] ?? 0))])),
    isLearnt: true,
    isMemoryLearnt: peaks.length > 0,
  };
}

/** Of a whole plan, from the files it starts with: estimated outputs are the inputs of what comes after. */
export function estimatePlan(requests: readonly JobRequest[], measured: ReadonlyMap<string, readonly Measured[]>): ReadonlyMap<string, JobEstimate> {
  const estimates = new Map<string, JobEstimate>();
  const sizes = new Map<string, number>();
  // Jobs of a step on inputs of one size differ in nothing that is asked here but their limits, which are the step's.
  const known = new Map<string, JobEstimate>();
  for (const request of requests) {
    let bytes = 0;
    for (const source of Object.values(request.planned.inputs).flat()) {
      if (source.kind === 'job') bytes += estimates.get(source.job)?.outputs[source.output] ?? 0;
      else {
        const path = request.resolveFile(source.root, source.path);
        if (!sizes.has(path)) sizes.set(path, bytesAt(path));
        bytes += sizes.get(path) ?? 0;
      }
    }
    const key = `${request.planned.step.name} ${bytes}`;
    const estimate = known.get(key) ?? estimateJob(request, bytes, measured.get(request.planned.step.name) ?? []);
    known.set(key, estimate);
    estimates.set(request.planned.id, estimate);
  }
  return estimates;
}

const memoryMargin = 1.25;
const timeMargin = 2;

/** First requests of a profile that asks for learnt ones; what they turn out too small for, a repeated attempt gets more of. */
export function learntLimits(request: JobRequest, estimate: JobEstimate | undefined, fixed: {readonly memory_gb?: number; readonly minutes?: number} = {}): JobRequest['limits'] {
  const {limits} = request;
  if (estimate === undefined || !estimate.isLearnt) return limits;
  return {
    cpus: limits.cpus,
    memory_gb: fixed.memory_gb ?? (estimate.isMemoryLearnt ? Math.ceil(estimate.memory_gb * memoryMargin * 10 + 1) / 10 : limits.memory_gb),
    minutes: fixed.minutes ?? Math.ceil((estimate.seconds * timeMargin) / 60) + 1,
  };
}

/** 0 where it cannot be read: its job says so. */
function bytesAt(path: string): number {
  try {
    const stat = lstatSync(path);
    return stat.isDirectory() ? filesIn(path).reduce((sum, name) => sum + lstatSync(join(path, name)).size, 0) : stat.size;
  } catch {
    return 0;
  }
}
