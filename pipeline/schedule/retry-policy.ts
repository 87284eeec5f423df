// Whether a failed job is tried again, and with what: more memory, more time, or the same after a pause.
import {unreachable} from '../base/result.ts';
import type {NextAttempt} from '../model/event.ts';
import type {JobFile} from '../model/job-file.ts';
import type {Profile} from '../model/profile.ts';
import {retryRule, type RunFailure} from '../model/run-failure.ts';

type Limits = JobFile['limits'];

export interface RetrySetting {
  readonly retries: number;
  /** No attempt is given more. */
  readonly max: {readonly memory_gb: number; readonly minutes: number};
}

const memoryFactor = 2;
const timeFactor = 1.5;
const longestPauseSeconds = 60;

/** `memory_gb`: what the machine lends to jobs, the cap of a local run; a batch system has its own. */
export function retrySetting(profile: Profile, memory_gb: number): RetrySetting {
  const timeLimit = profile.slurm?.['time_limit_minutes'];
  return {
    retries: profile.retries ?? 0,
    max: {
      memory_gb: profile.max?.memory_gb ?? (profile.launcher === 'local' ? memory_gb : Infinity),
      minutes: profile.max?.minutes ?? (typeof timeLimit === 'number' ? timeLimit : Infinity),
    },
  };
}

/** `nRetried`: attempts after the first so far. Undefined where the failure stands. */
export function nextAttempt(failure: RunFailure, limits: Limits, nRetried: number, {retries, max}: RetrySetting): NextAttempt | undefined {
  if (nRetried >= retries) return undefined;
  const sameAgain = {limits, waitSeconds: Math.min(longestPauseSeconds, 4 ** nRetried)};
  const rule = retryRule(failure);
  switch (rule) {
    case 'never':
      return undefined;
    case 'same-again':
      return sameAgain;
    case 'more-memory':
      if (limits.memory_gb < max.memory_gb) return {limits: {...limits, memory_gb: Math.min(limits.memory_gb * memoryFactor, max.memory_gb)}, waitSeconds: 0};
      // SIGKILL can have had another cause; a limit that was met is met again.
      return failure.reason === 'out-of-memory' ? undefined : sameAgain;
    case 'more-time':
      return limits.minutes < max.minutes ? {limits: {...limits, minutes: Math.min(limits.minutes * timeFactor, max.minutes)}, waitSeconds: 0} : undefined;
    default:
      return unreachable(rule);
  }
}
