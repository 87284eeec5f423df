// Which jobs of a plan can run again from what is at hand: those whose files are there and whose upstream jobs run too, or left their outputs in the
// bundle. What can run does; an output of the bundle stands in only where it must.
import type {InputSource, PlannedJob} from '../model/plan.ts';
import type {BundledJob} from '../record/bundle.ts';

export interface Rebuilt {
  readonly jobs: readonly PlannedJob[];
  /** Job -> outputs that are taken from the bundle. */
  readonly taken: ReadonlyMap<string, readonly string[]>;
  /** Job -> why it cannot run. */
  readonly left: ReadonlyMap<string, string>;
}

export interface AtHand {
  readonly published: readonly BundledJob[];
  /** Is this file of the run there (and not a stand-in)? */
  readonly isThere: (source: InputSource & {kind: 'file'}) => boolean;
  readonly shortName: (path: string) => string;
}

export function chooseRebuilt(planned: readonly PlannedJob[], {published, isThere, shortName}: AtHand): Rebuilt {
  const records = new Map(published.map((job) => [job.id, job]));
  const left = new Map<string, string>();
  const taken = new Map<string, string[]>();
  const jobs: PlannedJob[] = [];
  // A job comes after every job it reads from.
  for (const job of planned) {
    const wanted: [string, string][] = [];
    const reason = Object.values(job.inputs).flat().map((source): string | undefined => {
      if (source.kind === 'file') return source.root === 'project' || isThere(source) ? undefined : `${shortName(source.path)} is not at hand`;
      if (!left.has(source.job)) return undefined;
      const record = records.get(source.job);
      if (record === undefined) return left.get(source.job);
      const output = record.outputs[source.output];
      // An optional output that was not written then either.
      if (output === undefined) return undefined;
      if (output.file === undefined) return left.get(source.job);
      wanted.push([source.job, source.output]);
      return undefined;
    }).find((words) => words !== undefined);
    if (reason !== undefined) left.set(job.id, reason);
    else {
      jobs.push(job);
      for (const [id, output] of wanted) taken.set(id, [...new Set([...(taken.get(id) ?? []), output])]);
    }
  }
  return {jobs, taken, left};
}
