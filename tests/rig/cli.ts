// The project's own command line, run to its end.
import {spawnSync} from 'node:child_process';
import {join, resolve} from 'node:path';

export const projectRoot = resolve(import.meta.dirname, '../..');

export function runCli(argv: readonly string[], environment: Readonly<Record<string, string>> = {}): {status: number | null; stdout: string; stderr: string} {
  return spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', join(projectRoot, 'pipeline/cli/main.ts'), ...argv], {cwd: projectRoot, encoding: 'utf8', timeout: 600_000, env: {...process.env, ...environment}});
}
