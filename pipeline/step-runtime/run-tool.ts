// Programs that a step starts (STAR, igblastn, …): their output goes to the job's log, their end is checked, their version is recorded.
import {spawn, spawnSync} from 'node:child_process';
import {closeSync, openSync} from 'node:fs';
import {versionIn} from '../base/version-in.ts';
import type {ToolContract} from '../model/step-contract.ts';

export interface ToolCall {
  readonly argv: readonly string[];
  readonly folder?: string;
  /** Added to the step's own environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Receives what the program prints to stdout; without it, the log does. */
  readonly stdoutPath?: string;
}

/** A program that did not end well; its own words are in the log. */
export class ToolFailed extends Error {}

/** Resolves when the program has ended with 0; throws ToolFailed with how it ended otherwise. */
export function runTool({argv, folder, environment, stdoutPath}: ToolCall): Promise<void> {
  const [program = '', ...rest] = argv;
  const output = stdoutPath === undefined ? 'inherit' : openSync(stdoutPath, 'w');
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, {cwd: folder, env: {...process.env, ...environment}, stdio: ['ignore', output, 'inherit']});
    const end = (failure?: string): void => {
      if (typeof output === 'number') closeSync(output);
      if (failure === undefined) resolve();
      else reject(new ToolFailed(failure));
    };
    child.on('error', (error: NodeJS.ErrnoException) => end(`${program} could not be started (${error.code ?? error.message})`));
    child.on('exit', (code, signal) => end(code === 0 ? undefined : `${program} ended with ${signal === null ? `exit code ${code}` : `signal ${signal}${signal === 'SIGKILL' ? ' (the usual cause is memory)' : ''}`}: ${argv.join(' ')}`));
  });
}

/** Version by tool; throws ToolFailed where a program is absent or its version is not one that the contract accepts. */
export function toolVersions(tools: readonly ToolContract[] = []): Record<string, string> {
  return Object.fromEntries(tools.map((tool) => {
    const [program = '', ...rest] = tool.version;
    const asked = spawnSync(program, rest, {encoding: 'utf8', timeout: 120_000});
    if (asked.error !== undefined) throw new ToolFailed(`${program} could not be started (${(asked.error as NodeJS.ErrnoException).code ?? asked.error.message}); ${tool.name} ${tool.accepts} is needed`);
    const version = versionIn(`${asked.stdout}\n${asked.stderr}`);
    if (!new RegExp(tool.accepts).test(version)) throw new ToolFailed(`${tool.name} is version ${version || 'unknown'}; this step was made for ${tool.accepts}`);
    return [tool.name, version];
  }));
}
