// The record of a run as it happens: events.jsonl, one JSON object a line, and trace.tsv with Nextflow's column names where they apply.
import {appendFileSync, existsSync} from 'node:fs';
import type {Listener, RunEvent} from '../model/event.ts';
import {endLastLine} from '../base/file-end.ts';
import {attemptFolder, type RunDirectory} from './run-directory.ts';

const traceColumns = ['task_id', 'hash', 'process', 'tag', 'name', 'status', 'exit', 'attempt', 'start', 'complete', 'realtime', 'cpus', 'memory', 'workdir', 'peak_rss'];

export function recordEvents(directory: RunDirectory): Listener {
  const startedAt = new Map<string, number>();
  let nTasks = 0;
  for (const path of [directory.events, directory.trace]) endLastLine(path);
  if (!existsSync(directory.trace)) appendFileSync(directory.trace, `${traceColumns.join('\t')}\n`);
  return (event) => {
    const now = new Date();
    appendFileSync(directory.events, `${JSON.stringify({time: now.toISOString(), ...event})}\n`);
    if (event.kind === 'job-started') startedAt.set(event.job, now.getTime());
    const row = traceRow(event, {directory, now: now.getTime(), start: startedAt});
    if (row !== undefined) appendFileSync(directory.trace, `${[++nTasks, ...row].join('\t')}\n`);
  };
}

/** Nextflow writes times as epoch milliseconds and memory as bytes with `trace.raw`; `-` is its word for absent. */
function traceRow(event: RunEvent, at: {directory: RunDirectory; now: number; start: ReadonlyMap<string, number>}): (string | number)[] | undefined {
  if (event.kind !== 'job-completed' && event.kind !== 'job-failed' && event.kind !== 'job-reused') return undefined;
  const slash = event.job.indexOf('/');
  const [process, tag] = [event.job.slice(0, slash), event.job.slice(slash + 1)];
  const name = `${process} (${tag})`;
  if (event.kind === 'job-reused') return [event.hash.slice(0, 8), process, tag, name, 'CACHED', 0, '-', '-', at.now, '-', '-', '-', '-', '-'];
  const start = at.start.get(event.job) ?? at.now;
  const workdir = event.attempt === 0 ? '-' : attemptFolder(at.directory.job(event.job), event.attempt).root;
  if (event.kind === 'job-completed') return [event.hash.slice(0, 8), process, tag, name, 'COMPLETED', 0, event.attempt, start, at.now, at.now - start, event.cpus, event.memory_gb * 1e9, workdir, event.peak_memory_gb === undefined ? '-' : Math.round(event.peak_memory_gb * 1e9)];
  const exit = event.failure.reason === 'step-failed' ? event.failure.exitCode : event.failure.reason === 'step-refused' ? 65 : '-';
  return ['-', process, tag, name, 'FAILED', exit, event.attempt, start, at.now, at.now - start, '-', '-', workdir, '-'];
}
