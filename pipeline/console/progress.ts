// Progress on stderr: a live line a running step on a terminal, one plain line an event otherwise.
import type {Listener, NextAttempt, RunEvent} from '../model/event.ts';
import {runFailureText} from './run-failure-text.ts';

export interface Screen {
  readonly write: (text: string) => void;
  readonly isTerminal: boolean;
  readonly columns: number;
}

export interface Progress {
  readonly listener: Listener;
  /** Removes the live lines and stops redrawing. */
  readonly end: () => void;
}

/** `steps`: how many jobs each step has, in plan order. */
export function showProgress(screen: Screen, steps: ReadonlyMap<string, number>): Progress {
  return screen.isTerminal ? liveProgress(screen, steps) : {listener: (event) => plainLine(screen, event), end: () => {}};
}

/** What a quiet run still says: what went wrong. */
export function showTrouble(screen: Screen): Progress {
  const troubles: readonly RunEvent['kind'][] = ['job-failed', 'sample-quarantined', 'cache-unwritable'];
  return {listener: (event) => void (troubles.includes(event.kind) && plainLine(screen, event)), end: () => {}};
}

function plainLine(screen: Screen, event: RunEvent): void {
  const text = eventText(event);
  if (text !== undefined) screen.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);
}

/** Undefined for events that say nothing a reader waits for. */
export function eventText(event: RunEvent): string | undefined {
  switch (event.kind) {
    case 'run-started':
      return event.slurmJobs === undefined ? `${event.run}: ${event.nJobs} jobs, ${event.cores} cores, ${round(event.memory_gb)} GB` : `${event.run}: ${event.nJobs} jobs through Slurm, at most ${event.slurmJobs} at once`;
    case 'job-started':
      return `${event.job} started${event.attempt > 1 ? ` (attempt ${event.attempt})` : ''}: ${event.why.join(' ')}`;
    case 'job-completed':
      return `${event.job} done in ${seconds(event.seconds)}`;
    case 'job-failed':
      return `${runFailureText(event.failure)}${retryText(event.next)}`;
    case 'job-skipped':
      return `${event.job} was not started: ${event.upstream} has no result.`;
    case 'sample-quarantined':
      return `sample ${event.sample_id} is ${event.reason}. The cohort goes on without it.`;
    case 'cache-repaired':
      return `${event.job}: the cached ${event.file} was corrupt; it is removed and made again.`;
    case 'launcher-said':
      return event.text;
    case 'cache-unwritable':
      return `The cache ${event.path} cannot be written (${event.code}): results are kept in the run directory alone.`;
    case 'run-ended':
      return `${event.run}: ${event.nCompleted} jobs run, ${event.nReused} reused, ${event.nFailed} failed, ${event.nSkipped} not started, ${seconds(event.seconds)}${event.interrupted ? (event.handedOver === true ? '; handed over: the jobs in Slurm go on, and the next engine takes them over' : '; interrupted: run again to go on') : ''}${callsText(event)}`;
    case 'job-reused':
    case 'intermediates-removed':
      return undefined;
  }
}

/** Sites count what a user asks of their controller. */
function callsText({slurmCalls, nCompleted, nFailed}: Extract<RunEvent, {kind: 'run-ended'}>): string {
  if (slurmCalls === undefined) return '';
  const called = Object.entries(slurmCalls).filter(([, n]) => n > 0);
  if (called.length === 0) return '\nSlurm was not asked anything.';
  const total = called.reduce((sum, [, n]) => sum + n, 0);
  return `\nSlurm was asked ${total} times (${called.map(([program, n]) => `${n} ${program}`).join(', ')})${nCompleted + nFailed === 0 ? '' : `, ${Math.round((total / (nCompleted + nFailed)) * 100)} per 100 jobs`}.`;
}

function retryText(next: NextAttempt | undefined): string {
  if (next === undefined) return '';
  const {memory_gb, minutes} = next.limits;
  return `\n    It is tried again${next.waitSeconds === 0 ? '' : ` in ${next.waitSeconds} s`} with ${round(memory_gb)} GB and ${round(minutes)} minutes.`;
}

interface StepCount {
  readonly total: number;
  done: number;
  failed: number;
  running: number;
  startedAt: number;
}

function liveProgress(screen: Screen, steps: ReadonlyMap<string, number>): Progress {
  const counts = new Map<string, StepCount>([...steps].map(([step, total]) => [step, {total, done: 0, failed: 0, running: 0, startedAt: 0}]));
  let drawn = 0;
  const erase = (): void => {
    if (drawn > 0) screen.write(`\x1b[${drawn}A\x1b[0J`);
    drawn = 0;
  };
  const draw = (): void => {
    erase();
    const lines = [...counts].filter(([, count]) => count.running > 0).map(([step, count]) => liveLine(step, count).slice(0, screen.columns - 1));
    screen.write(lines.map((line) => `${line}\n`).join(''));
    drawn = lines.length;
  };
  const timer = setInterval(draw, 500);
  timer.unref();
  return {
    listener(event) {
      count(counts, event);
      erase();
      if (event.kind !== 'job-started' && event.kind !== 'job-completed') {
        const text = eventText(event);
        if (text !== undefined) screen.write(`${text}\n`);
      } else {
        const step = stepOf(event.job);
        const of = counts.get(step);
        if (event.kind === 'job-completed' && of?.done === of?.total) screen.write(`${step} ${of?.total}/${of?.total} done in ${seconds((performance.now() - (of?.startedAt ?? 0)) / 1000)}\n`);
      }
      draw();
    },
    end() {
      clearInterval(timer);
      erase();
    },
  };
}

function count(counts: Map<string, StepCount>, event: RunEvent): void {
  if (!('job' in event)) return;
  const of = counts.get(stepOf(event.job));
  if (of === undefined) return;
  if (event.kind === 'job-started') {
    if (of.startedAt === 0) of.startedAt = performance.now();
    if (event.attempt >= 1) of.running++;
  } else if (event.kind === 'job-completed') {
    of.running--;
    of.done++;
  } else if (event.kind === 'job-reused') of.done++;
  else if (event.kind === 'job-failed') {
    if (event.attempt > 0) of.running--;
    if (!event.willRetry) of.failed++;
  }
}

function liveLine(step: string, {done, total, failed, running, startedAt}: StepCount): string {
  const elapsed = (performance.now() - startedAt) / 1000;
  // At the pace so far; nothing to say before the first job has ended.
  const left = done === 0 ? '' : `, about ${seconds((elapsed / done) * (total - done))} left`;
  return `${step} ${done}/${total}, ${running} running, ${seconds(elapsed)}${left}${failed > 0 ? `, ${failed} failed` : ''}`;
}

const stepOf = (job: string): string => job.slice(0, job.indexOf('/'));
const round = (value: number): number => Math.round(value * 10) / 10;

export function seconds(value: number): string {
  if (value < 60) return `${value.toFixed(1)} s`;
  const whole = Math.round(value);
  return whole < 3600 ? `${Math.floor(whole / 60)} min ${whole % 60} s` : `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
