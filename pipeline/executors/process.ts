// The only place that starts a process: its own process group, output to one log file, an end that is a value.
import {spawn} from 'node:child_process';
import {closeSync, openSync} from 'node:fs';
import type {SlurmCause, SlurmFacts} from '../model/run-failure.ts';
import {watchMemory} from './memory-peak.ts';

export interface Command {
  readonly argv: readonly string[];
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly logPath: string;
  readonly timeoutSeconds: number;
  /** Between the polite and the final signal to the group. */
  readonly graceSeconds: number;
  readonly signal?: AbortSignal;
  /** The process group, once it runs. */
  readonly onStart?: (pid: number) => void;
  /** Before the end is told, where the peak is known. */
  readonly onPeak?: (memory_gb: number) => void;
}

export type ProcessEnd =
  /** `full`: where its temporary files lay, and no space was left. */
  | {readonly kind: 'exit'; readonly exitCode: number; readonly full?: string}
  | {readonly kind: 'signal'; readonly signal: string}
  | {readonly kind: 'timeout'; readonly timeoutSeconds: number}
  | {readonly kind: 'interrupted'}
  /** It ended well in scratch, and its outputs could not be copied to the run directory. */
  | {readonly kind: 'not-copied-out'; readonly path: string; readonly code: string}
  | {readonly kind: 'out-of-memory'}
  /** The container engine could not start the program. */
  | {readonly kind: 'engine-failed'; readonly engine: string; readonly message: string}
  | ({readonly kind: 'slurm-ended'; readonly cause: SlurmCause} & SlurmFacts)
  | {readonly kind: 'not-started'; readonly command: string; readonly code: string};

/** setTimeout takes 31 bits of milliseconds (24.8 days) and fires at once above. */
const longestTimer = 2 ** 31 - 1;

/** Runs a command to its end. When it is stopped, its whole process group is. */
export function runProcess(command: Command): Promise<ProcessEnd> {
  const [program = '', ...rest] = command.argv;
  if (command.signal?.aborted) return Promise.resolve({kind: 'interrupted'});
  return new Promise((resolve) => {
    const log = openSync(command.logPath, 'a');
    const child = spawn(program, rest, {
      cwd: command.folder, env: {...command.environment}, detached: true, stdio: ['ignore', log, log],
    });
    closeSync(log);
    if (child.pid !== undefined) command.onStart?.(child.pid);
    const watch = child.pid === undefined || command.onPeak === undefined ? undefined : watchMemory(child.pid);
    let stopped: ProcessEnd | undefined;
    let killTimer: NodeJS.Timeout | undefined;
    const stop = (end: ProcessEnd): void => {
      if (stopped) return;
      stopped = end;
      signalGroup(child.pid, 'SIGTERM');
      killTimer = setTimeout(() => signalGroup(child.pid, 'SIGKILL'), command.graceSeconds * 1000);
    };
    const timer = setTimeout(() => stop({kind: 'timeout', timeoutSeconds: command.timeoutSeconds}), Math.min(command.timeoutSeconds * 1000, longestTimer));
    const onAbort = (): void => stop({kind: 'interrupted'});
    command.signal?.addEventListener('abort', onAbort);
    const finish = (end: ProcessEnd): void => {
      clearTimeout(timer);
      clearTimeout(killTimer);
      command.signal?.removeEventListener('abort', onAbort);
      // The leader may end before its children do: none of the group outlives the job.
      signalGroup(child.pid, 'SIGKILL');
      const peak = watch?.end();
      if (peak !== undefined) command.onPeak?.(peak);
      resolve(stopped ?? end);
    };
    child.on('error', (error: NodeJS.ErrnoException) => finish({kind: 'not-started', command: program, code: error.code ?? ''}));
    child.on('exit', (exitCode, signal) => finish(signal ? {kind: 'signal', signal} : {kind: 'exit', exitCode: exitCode ?? 0}));
  });
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone already.
  }
}

export interface Answer {
  /** null where it could not be started or did not answer in time. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A short question to a program, such as its version; never throws. */
export function askProcess(argv: readonly string[], setting: {readonly environment: Readonly<Record<string, string | undefined>>; readonly timeoutSeconds?: number; /** What it reads. */ readonly input?: string; /** Ctrl-C at the terminal does not reach it. */ readonly isApart?: boolean}): Promise<Answer> {
  const [program = '', ...rest] = argv;
  return new Promise((resolve) => {
    const child = spawn(program, rest, {env: {...setting.environment}, detached: setting.isApart === true, stdio: [setting.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe']});
    // It may end without reading.
    child.stdin?.on('error', () => {});
    child.stdin?.end(setting.input);
    // A timer of our own: that of spawn goes on, and keeps this process, where nothing could be started.
    const timer = setTimeout(() => child.kill('SIGKILL'), (setting.timeoutSeconds ?? 60) * 1000);
    const said = {stdout: '', stderr: ''};
    child.stdout?.on('data', (data: Buffer) => (said.stdout += data.toString()));
    child.stderr?.on('data', (data: Buffer) => (said.stderr += data.toString()));
    const finish = (answer: Answer): void => {
      clearTimeout(timer);
      resolve(answer);
    };
    child.on('error', (error) => finish({exitCode: null, ...said, stderr: error.message}));
    child.on('close', (exitCode) => finish({exitCode, ...said}));
  });
}

/** A process that outlives this one and reads what is written to it; its input ends with this process, however that ends. */
export function startCompanion(argv: readonly string[], environment: Readonly<Record<string, string | undefined>>): {readonly write: (line: string) => void; readonly end: () => void} {
  const [program = '', ...rest] = argv;
  const child = spawn(program, rest, {env: {...environment}, detached: true, stdio: ['pipe', 'ignore', 'ignore']});
  // Without it a run goes on: it only loses the care for what a killed engine leaves behind.
  child.on('error', () => {});
  child.stdin?.on('error', () => {});
  child.unref();
  (child.stdin as unknown as {unref?: () => void})?.unref?.();
  return {write: (line) => child.stdin?.write(`${line}\n`), end: () => child.stdin?.end()};
}
