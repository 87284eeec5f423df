// The project's own command line, run to its end.
import {execaSync} from 'execa';
import {join, resolve} from 'node:path';

export const projectRoot = resolve(import.meta.dirname, '../..');

export function runCli(argv: readonly string[], environment: Readonly<Record<string, string>> = {}): {status: number | null; stdout: string; stderr: string} {
  const done = execaSync(process.execPath, ['--disable-warning=ExperimentalWarning', join(projectRoot, 'pipeline/cli/main.ts'), ...argv], {cwd: projectRoot, reject: false, stripFinalNewline: false, timeout: 1_000_000, env: environment});
  return {status: done.exitCode ?? null, stdout: done.stdout, stderr: done.stderr};
}
