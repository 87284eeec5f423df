// The record of a run as it happens: events.jsonl, one JSON object a line, and trace.tsv with Nextflow's column names where they apply.
import {appendFileSync, closeSync, existsSync, openSync, readSync} from 'node:fs';
import type {Listener, RunEvent} from '../model/event.ts';
import {endLastLine} from '../base/file-end.ts';
import {attemptFolder, type RunDirectory} from './run-directory.ts';

const traceColumns = [
  'task_id', 'hash', 'process', 'tag', 'name', 'status', 'exit', 'attempt', 'start', 'complete', 'realtime', 'cpus', 'memory', 'workdir', 'peak_rss', 'submit', 'duration', 'native_id', 'hostname',
] as const;

type TraceRow = Partial<Record<(typeof traceColumns)[number], string | number>>;

export function recordEvents(directory: RunDirectory): Listener {
  const startedAt = new Map<string, number>();
  let nTasks = 0;
  for (const path of [directory.events, directory.trace]) endLastLine(path);
  if (!existsSync(directory.trace)) appendFileSync(directory.trace, `${traceColumns.join('\t')}\n`);
  const columns = columnsOf(directory.trace);
  return (event) => {
    const now = new Date();
    appendFileSync(directory.events, `${JSON.stringify({time: now.toISOString(), ...event})}\n`);
    if (event.kind === 'job-started') startedAt.set(event.job, now.getTime());
    const row = traceRow(event, {directory, now: now.getTime(), start: startedAt});
    if (row === undefined) return;
    row.task_id = ++nTasks;
    appendFileSync(directory.trace, `${columns.map((name) => row[name as keyof TraceRow] ?? '-').join('\t')}\n`);
  };
}

/** Of the file as it is: an earlier version may have begun it with fewer. */
function columnsOf(trace: string): string[] {
  const handle = openSync(trace, 'r');
  const buffer = Buffer.alloc(4096);
  const [header] = buffer.toString('utf8', 0, readSync(handle, buffer)).split('\n', 1);
  closeSync(handle);
  return header.split('\t');
}

/** Nextflow writes times as epoch milliseconds and memory as bytes with `trace.raw`; `-` is its word for absent. From `submit` to `start` a job waits. */
function traceRow(event: RunEvent, at: {directory: RunDirectory; now: number; start: ReadonlyMap<string, number>}): TraceRow | undefined {
  if (event.kind !== 'job-completed' && event.kind !== 'job-failed' && event.kind !== 'job-reused') return undefined;
  const slash = event.job.indexOf('/');
  const [process, tag] = [event.job.slice(0, slash), event.job.slice(slash + 1)];
  const name = `${process} (${tag})`;
  if (event.kind === 'job-reused') return {hash: event.hash.slice(0, 8), process, tag, name, status: 'CACHED', exit: 0, complete: at.now};
  const own = {process, tag, name, attempt: event.attempt, ...timesOf(event, at), ...(event.attempt === 0 ? {} : {workdir: attemptFolder(at.directory.job(event.job), event.attempt).root})};
  if (event.kind === 'job-completed') return {...own, hash: event.hash.slice(0, 8), status: 'COMPLETED', exit: 0, cpus: event.cpus, memory: event.memory_gb * 1e9, ...(event.peak_memory_gb === undefined ? {} : {peak_rss: Math.round(event.peak_memory_gb * 1e9)})};
  const exit = event.failure.reason === 'step-failed' ? event.failure.exitCode : event.failure.reason === 'step-refused' ? 65 : '-';
  return {...own, status: 'FAILED', exit};
}

function timesOf({job, batch}: Extract<RunEvent, {kind: 'job-completed' | 'job-failed'}>, at: {now: number; start: ReadonlyMap<string, number>}): TraceRow {
  const begun = at.start.get(job) ?? at.now;
  if (batch === undefined) return {submit: begun, start: begun, complete: at.now, duration: at.now - begun, realtime: at.now - begun};
  const [submit, start, complete] = [batch.submitted, batch.started, batch.ended].map((time) => Date.parse(time));
  // A node's clock may be behind ours.
  return {submit, start, complete, duration: Math.max(complete - submit, complete - start), realtime: complete - start, native_id: batch.job_id, hostname: batch.node};
}
