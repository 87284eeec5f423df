// What a run adds up while it goes: jobs, removed outputs, and what each job took.
import type {Listener} from '../model/event.ts';
import type {Measured} from '../record/measured.ts';

export interface RunCounts {
  readonly listener: Listener;
  readonly of: {readonly completed: number; readonly reused: number; readonly removed: number; readonly removedBytes: number};
  readonly learned: readonly Measured[];
}

export function countEvents(): RunCounts {
  const of = {completed: 0, reused: 0, removed: 0, removedBytes: 0};
  const learned: Measured[] = [];
  return {
    of,
    learned,
    listener(event) {
      if (event.kind === 'job-reused') of.reused++;
      else if (event.kind === 'intermediates-removed') {
        of.removed += event.outputs.length;
        of.removedBytes += event.bytes;
      } else if (event.kind === 'job-completed') {
        of.completed++;
        const {seconds, batch, input_bytes, outputs, peak_memory_gb} = event;
        learned.push({step: event.job.slice(0, event.job.indexOf('/')), input_bytes, outputs, seconds: batch === undefined ? seconds : (Date.parse(batch.ended) - Date.parse(batch.started)) / 1000, ...(peak_memory_gb === undefined ? {} : {peak_memory_gb})});
      }
    },
  };
}
