// Where a program keeps its own data: as its variable says, beside the program, or where packages put it.
import {existsSync, realpathSync} from 'node:fs';
import {delimiter, dirname, join} from 'node:path';
import {ToolFailed} from './run-tool.ts';

export interface ToolDataQuestion {
  readonly program: string;
  /** Names the folder; in an image that sets it, it is set. */
  readonly variable: string;
  /** Folders relative to the program's own, resolved through links. */
  readonly beside: readonly string[];
  readonly elsewhere: readonly string[];
  /** What must be in the folder. */
  readonly holds: string;
}

export function findToolData({program, variable, beside, elsewhere, holds}: ToolDataQuestion): string {
  const named = process.env[variable] ?? '';
  const home = homeOf(program);
  const places = named !== '' ? [named] : [...(home === undefined ? [] : beside.map((folder) => join(home, folder))), ...elsewhere];
  const found = places.find((place) => existsSync(join(place, holds)));
  if (found === undefined) throw new ToolFailed(`${program} needs its data: no ${holds} in ${places.join(', ')}. Set ${variable} to the folder that holds it.`);
  return found;
}

function homeOf(program: string): string | undefined {
  const onPath = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, program)).find((path) => existsSync(path));
  return onPath === undefined ? undefined : dirname(realpathSync(onPath));
}
