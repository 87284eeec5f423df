// What the first attempt of a run asks for where an earlier run met a limit with this job: not what was too little before.
import {readFileSync} from 'node:fs';
import type {JobFile} from '../model/job-file.ts';
import {retryRule, type RunFailure} from '../model/run-failure.ts';
import {readFailure} from '../record/job-record.ts';
import type {AttemptFolder} from '../record/run-directory.ts';
import {nextAttempt, type RetrySetting} from './retry-policy.ts';

type Limits = JobFile['limits'];

export interface FirstLimits {
  readonly limits: Limits;
  /** In words, what is raised. */
  readonly why: readonly string[];
}

interface Earlier {
  readonly number: number;
  readonly limits: Limits;
  readonly failure: RunFailure | undefined;
}

/** `attempts`: latest first. Where the plan asks for more than they had, that counts. */
export function firstLimits(limits: Limits, attempts: readonly AttemptFolder[], retry: RetrySetting): FirstLimits {
  const all = attempts.flatMap((attempt): Earlier[] => {
    const given = limitsOf(attempt);
    return given === undefined ? [] : [{number: attempt.number, limits: given, failure: readFailure(attempt)}];
  });
  const memory_gb = raised(all, {rule: 'more-memory', key: 'memory_gb', least: limits.memory_gb}, retry);
  const minutes = raised(all, {rule: 'more-time', key: 'minutes', least: limits.minutes}, retry);
  return {
    limits: {...limits, memory_gb: memory_gb?.value ?? limits.memory_gb, minutes: minutes?.value ?? limits.minutes},
    why: [
      ...(memory_gb === undefined ? [] : [`it is given ${round(memory_gb.value)} GB: attempt ${memory_gb.met.number} ${memory_gb.met.failure?.reason === 'step-killed' ? 'was killed' : 'ran out of memory'} with ${round(memory_gb.met.limits.memory_gb)}.`]),
      ...(minutes === undefined ? [] : [`it is given ${round(minutes.value)} minutes: attempt ${minutes.met.number} ran out of time with ${round(minutes.met.limits.minutes)}.`]),
    ],
  };
}

/** Undefined where an attempt that was under way when its engine ended had left no word of what it was given. */
export function limitsOf({job}: AttemptFolder): Limits | undefined {
  try {
    return (JSON.parse(readFileSync(job, 'utf8')) as JobFile).limits;
  } catch {
    return undefined;
  }
}

interface Wish {
  readonly rule: 'more-memory' | 'more-time';
  readonly key: 'memory_gb' | 'minutes';
  readonly least: number;
}

/** Undefined where nothing is to be raised. */
function raised(all: readonly Earlier[], {rule, key, least}: Wish, {max}: RetrySetting): {value: number; met: Earlier} | undefined {
  const met = all.find(({failure}) => failure !== undefined && retryRule(failure) === rule);
  if (met?.failure === undefined) return undefined;
  const last = all.find(({failure}) => failure === undefined || !wasTooMuch(failure)) ?? met;
  // What Slurm would not give is not asked for again at once.
  const isRefused = all.indexOf(last) > 0;
  const wanted = last === met && !isRefused ? (nextAttempt(met.failure, met.limits, 0, {retries: 1, max})?.limits ?? met.limits) : last.limits;
  const value = Math.min(wanted[key], max[key]);
  return value > least ? {value, met} : undefined;
}

const wasTooMuch = ({reason}: RunFailure): boolean => reason === 'never-starts' || reason === 'submit-refused';
const round = (value: number): number => Number(value.toPrecision(3));
