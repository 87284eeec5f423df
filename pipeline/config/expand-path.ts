// Paths as users write them: `~`, `${VAR}`, relative to the file that names them.
import {existsSync} from 'node:fs';
import {isAbsolute, join, resolve} from 'node:path';
import {failed, succeeded, type Result} from '../base/result.ts';

export interface PathSetting {
  readonly folder: string;
  readonly projectRoot: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Filled with every variable that was used. */
  readonly variables: Record<string, string>;
}

/** An absolute path. The error is the name of a variable that is not set. */
export function expandPath(path: string, setting: PathSetting): Result<string, string> {
  let unset: string | undefined;
  const text = path.replace(/^~(?=\/|$)/, () => setting.environment['HOME'] ?? '~').replace(/\$\{(\w+)\}/g, (whole, name: string) => {
    const value = setting.environment[name] || defaultOf(name, setting.projectRoot);
    if (value === undefined) unset ??= name;
    else setting.variables[name] = value;
    return value ?? whole;
  });
  return unset === undefined ? succeeded(resolve(setting.folder, text)) : failed(unset);
}

/** What is wrong with a path that has to be there, and what to do; undefined where it is there. `path` is absolute where it could be resolved. */
export function findPath(written: string, setting: PathSetting): {path: string; problem?: {found: string; advice: string}} {
  const expanded = expandPath(written, setting);
  if (!expanded.ok) {
    const fallback = expanded.error === 'LYMPHLINE_DATA' ? `, and there is no ${dataBeside(setting.projectRoot)}` : '';
    return {path: written, problem: {found: `the variable ${expanded.error} in ${written} is not set${fallback}`, advice: `Set it, e.g. export ${expanded.error}=/path/to/folder.`}};
  }
  const path = expanded.value;
  if (existsSync(path)) return {path};
  const problem = /^~|\$\{/.test(written)
    ? {found: `${written} does not exist (looked for at ${path})`, advice: ''}
    : {found: `${written} does not exist`, advice: isAbsolute(written) ? '' : 'Paths are relative to the run file.'};
  return {path, problem};
}

const dataBeside = (projectRoot: string): string => join(projectRoot, '../shared/data');

function defaultOf(name: string, projectRoot: string): string | undefined {
  if (name === 'TMPDIR') return '/tmp';
  return name === 'LYMPHLINE_DATA' && existsSync(dataBeside(projectRoot)) ? dataBeside(projectRoot) : undefined;
}
