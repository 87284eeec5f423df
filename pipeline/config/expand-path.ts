// Paths as users write them: `~`, `${VAR}`, relative to the file that names them.
import {existsSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {failed, succeeded, type Result} from '../base/result.ts';

export interface PathSetting {
  readonly folder: string;
  readonly projectRoot: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Filled with every variable that was used. */
  readonly variables: Record<string, string>;
}

/** The error is the name of a variable that is not set. */
export function expandPath(path: string, setting: PathSetting): Result<string, string> {
  let unset: string | undefined;
  const text = path.replace(/^~(?=\/|$)/, setting.environment['HOME'] ?? '~').replace(/\$\{(\w+)\}/g, (whole, name: string) => {
    const value = setting.environment[name] || defaultOf(name, setting.projectRoot);
    if (value === undefined) unset ??= name;
    else setting.variables[name] = value;
    return value ?? whole;
  });
  return unset === undefined ? succeeded(resolve(setting.folder, text)) : failed(unset);
}

/** LYMPHLINE_DATA, where it is not set, is the data folder beside the project. */
function defaultOf(name: string, projectRoot: string): string | undefined {
  if (name !== 'LYMPHLINE_DATA') return undefined;
  const beside = join(projectRoot, '../shared/data');
  return existsSync(beside) ? beside : undefined;
}
