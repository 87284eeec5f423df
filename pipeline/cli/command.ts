// What a command is given and what it answers. A command never touches process.*: main does.
import type {ParseArgsConfig} from 'node:util';

export interface CommandContext {
  /** What is left after the options. */
  readonly positionals: readonly string[];
  readonly options: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly folder: string;
  /** Holds configs/ and package.json. */
  readonly projectRoot: string;
  /** Holds steps/ and pipeline/, as source or compiled. */
  readonly codeRoot: string;
  readonly version: string;
  readonly out: (text: string) => void;
  readonly screen: {readonly write: (text: string) => void; readonly isTerminal: boolean; readonly columns: number};
  /** Aborted at SIGINT and SIGTERM; with the reason `handOver` or `leaveJobs` where what runs in Slurm goes on. */
  readonly signal: AbortSignal;
}

export interface Command {
  /** First line: the usage; then what it does; then one worked example. */
  readonly help: string;
  readonly options: NonNullable<ParseArgsConfig['options']>;
  /** How many positionals it takes, at least and at most. */
  readonly takes: readonly [number, number];
  readonly run: (context: CommandContext) => Promise<number>;
}

/** A mistake in how a command was called: printed with the usage, exit 2. */
export class UsageError extends Error {}

export const exitCodes = {done: 0, failed: 1, invalid: 2, bug: 70, busy: 75} as const;

export function textOption(context: CommandContext, name: string): string | undefined {
  const value = context.options[name];
  return typeof value === 'string' ? value : undefined;
}

export function textOptions(context: CommandContext, name: string): readonly string[] {
  const value = context.options[name];
  return Array.isArray(value) ? (value as string[]) : [];
}

/** A positive number, or undefined where the option is absent. */
export function numberOption(context: CommandContext, name: string): number | undefined {
  const text = textOption(context, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!(value > 0)) throw new UsageError(`--${name} is ${JSON.stringify(text)}; expected a number above 0.`);
  return value;
}

/** --digest: a sha256 as people write it, in small letters and without what stands before it. */
export function publishedDigest(context: CommandContext): string | undefined {
  const text = textOption(context, 'digest');
  if (text === undefined) return undefined;
  const digest = text.trim().toLowerCase().replace(/^sha256:/, '');
  if (!/^[0-9a-f]{64}$/.test(digest)) throw new UsageError(`--digest is ${JSON.stringify(text)}; expected a sha256, which has 64 hexadecimal digits.`);
  return digest;
}
