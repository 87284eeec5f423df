// What Slurm's commands print about jobs -> one state a job. Text in, data out: it asks nobody and decides nothing.
import type {Answer} from '../process.ts';

export interface SlurmState {
  /** As it was given at the submit: `88213`, or `88213_4` for one element of an array. */
  readonly jobId: string;
  /**
   * Compare it before believing the rest: a controller that was killed forgets its last seconds, and gives the number of a job that it
   * forgot to the next one.
   */
  readonly name: string;
  /** One word, without what Slurm may add to it ("CANCELLED by 1000"). */
  readonly state: string;
  /** Slurm's word for why it waits or ended so, `None` without one. */
  readonly reason: string;
  readonly exitCode: number;
  readonly signal: number;
  /** Absent as long as it has none. */
  readonly node?: string;
  /** Uid of who cancelled it; only accounts know. */
  readonly cancelledBy?: number;
  /** How often Slurm has started it again. */
  readonly restarts?: number;
  /** Infinity where there is no limit. */
  readonly timeLimitSeconds: number;
}

/** For `squeue --noheader --array --states=all --Format=`. */
export const squeueFields = 'JobArrayID:|,State:|,Reason:|,exit_code:|,RestartCnt:|,NodeList:|,TimeLimit:|,Name:|';
/** For `sacct --allocations --noheader --parsable2 --format=`. */
export const sacctFields = 'JobID,State,Reason,ExitCode,NodeList,TimelimitRaw,JobName';

/** An empty list: Slurm answered, and knows none of them. 'unreachable': nobody answered, which says nothing about a job. */
export function statesIn(answer: Answer, parse: (text: string) => readonly SlurmState[]): readonly SlurmState[] | 'unreachable' {
  if (answer.exitCode === 0) return parse(answer.stdout);
  return answer.exitCode !== null && /Invalid job id specified/i.test(answer.stderr) ? [] : 'unreachable';
}

/** `scontrol show job --oneliner`. The name of a job may hold anything, so that each key is taken where the program puts it. */
export function parseScontrolJobs(text: string): readonly SlurmState[] {
  return linesOf(text).flatMap((line) => {
    const id = /^JobId=(\d+)/.exec(line)?.[1];
    const name = / JobName=(.*?) UserId=/.exec(line)?.[1];
    const [, state, reason] = / JobState=(\S+) Reason=(.*?) Dependency=/.exec(line) ?? [];
    const rest = line.slice(line.indexOf(' Dependency='));
    const [, code, signal] = / ExitCode=(\d+):(\d+) /.exec(rest) ?? [];
    if (id === undefined || name === undefined || state === undefined || reason === undefined || code === undefined) return [];
    const [, array, tasks] = / ArrayJobId=(\d+) ArrayTaskId=(\S+)/.exec(line) ?? [];
    const restarts = / Restarts=(\d+) /.exec(rest)?.[1];
    const facts = {
      name, state: stateWord(state), reason: spoken(reason), exitCode: Number(code), signal: Number(signal),
      ...nodeOf(/ BatchHost=(\S+)/.exec(rest)?.[1]), ...(restarts === undefined ? {} : {restarts: Number(restarts)}),
      timeLimitSeconds: secondsOf(/ TimeLimit=(\S+)/.exec(rest)?.[1] ?? ''),
    };
    return (array === undefined ? [id] : elementsOf(array, tasks ?? '')).map((jobId) => ({jobId, ...facts}));
  });
}

/** `squeue` with `squeueFields`. */
export function parseSqueue(text: string): readonly SlurmState[] {
  return linesOf(text).flatMap((line) => {
    const [id = '', state, reason, wait, restarts, node, limit, name] = line.split('|').map((field) => field.trim());
    if (state === undefined || limit === undefined || name === undefined) return [];
    const facts = {name, state: stateWord(state), reason: spoken(reason ?? ''), ...endOfWait(Number(wait)), ...nodeOf(node), restarts: Number(restarts), timeLimitSeconds: secondsOf(limit)};
    return idsOf(id).map((jobId) => ({jobId, ...facts}));
  });
}

/**
 * `sacct` with `sacctFields`. Beware of its exit code: what a shell ended with above 128 is told less 128, so that 9 may be SIGKILL, and what was
 * cancelled or preempted has 0:0. Its reason is the last one for waiting, and means nothing once the job has started.
 */
export function parseSacct(text: string): readonly SlurmState[] {
  return linesOf(text).flatMap((line) => {
    const [id = '', state = '', reason = '', code = '', node, limit, name] = line.split('|');
    // The lines of its parts: 12.batch, 12.extern, 12.0.
    if (limit === undefined || name === undefined || id.includes('.')) return [];
    const [exitCode = 0, signal = 0] = code.split(':').map(Number);
    const word = stateWord(state);
    const by = / by (\d+)/.exec(state)?.[1];
    const facts = {name, state: word, ...(by === undefined ? {} : {cancelledBy: Number(by)}), reason: word === 'PENDING' ? spoken(reason) : 'None', exitCode, signal, ...nodeOf(node), timeLimitSeconds: /^\d+$/.test(limit) ? Number(limit) * 60 : Infinity};
    return idsOf(id).map((jobId) => ({jobId, ...facts}));
  });
}

/** `sacct --noheader --parsable2 --format=JobID,MaxRSS`: of a job's script and all that it started, in GB. */
export function parseMaxRss(text: string): ReadonlyMap<string, number> {
  const units: Readonly<Record<string, number>> = {'': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40};
  return new Map(linesOf(text).flatMap((line) => {
    const [, id, amount, unit = ''] = /^([\d_]+)\.batch\|([\d.]+)([KMGT]?)$/.exec(line) ?? [];
    return id === undefined || Number(amount) === 0 ? [] : [[id, (Number(amount) * units[unit]) / 1e9] as const];
  }));
}

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line.trim() !== '');
const stateWord = (state: string): string => /^[A-Z_]+/.exec(state.trim())?.[0] ?? state;
/** squeue has blanks where scontrol has underscores. */
const spoken = (reason: string): string => (reason === '' ? 'None' : reason.replaceAll('_', ' '));
const nodeOf = (node: string | undefined): {node?: string} => (node === undefined || node === '' || node === '(null)' || node === 'None assigned' ? {} : {node});

/** The status of wait(2): the signal in the low seven bits, else the code in the byte above. */
function endOfWait(status: number): {exitCode: number; signal: number} {
  const signal = status & 0x7f;
  return signal === 0 ? {exitCode: status >> 8, signal} : {exitCode: 0, signal};
}

/** `19`, `19_4`, or those that wait in one line: `19_[1-5%2]`. */
function idsOf(id: string): string[] {
  const [, array = '', tasks] = /^(\d+)_\[(.*)\]$/.exec(id) ?? [];
  return tasks === undefined ? [id] : elementsOf(array, tasks);
}

/** `0,3-5%2`: %2 is how many may run at once; a step as in `0-8:4` is possible. */
function elementsOf(array: string, tasks: string): string[] {
  return tasks.replace(/%\d+$/, '').split(',').flatMap((range) => {
    const [, from, to = from, step = '1'] = /^(\d+)(?:-(\d+))?(?::(\d+))?$/.exec(range) ?? [];
    if (from === undefined) return [];
    const found: string[] = [];
    for (let task = Number(from); task <= Number(to); task += Number(step)) found.push(`${array}_${task}`);
    return found;
  });
}

/** `2-03:04:05`, `03:04:05`, `5:00`; UNLIMITED and Partition_Limit are Infinity. */
function secondsOf(limit: string): number {
  const [, days = '0', clock = ''] = /^(?:(\d+)-)?(\d+(?::\d+)+)$/.exec(limit) ?? [];
  if (clock === '') return Infinity;
  return Number(days) * 86_400 + clock.split(':').reduce((seconds, part) => seconds * 60 + Number(part), 0);
}
