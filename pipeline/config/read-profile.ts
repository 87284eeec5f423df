// A profile by name (configs/profiles/<name>.yaml) or by path.
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {closestName} from '../base/closest-name.ts';
import {failed, succeeded, type Result} from '../base/result.ts';
import type {Failure} from '../model/failure.ts';
import type {Profile} from '../model/profile.ts';
import {checkYaml} from './check-yaml.ts';
import {profileSchema} from './profile-schema.ts';

export async function readProfile(wanted: string, ask: {folder: string; projectRoot: string}): Promise<Result<Profile, readonly Failure[]>> {
  const shipped = join(ask.projectRoot, 'configs/profiles');
  const isPath = /[/\\]|\.ya?ml$/.test(wanted);
  const file = isPath ? resolve(ask.folder, wanted) : join(shipped, `${wanted}.yaml`);
  if (!existsSync(file)) {
    const names = readdirSync(shipped).map((name) => name.replace(/\.yaml$/, ''));
    const near = isPath ? undefined : closestName(wanted, names);
    return failed([{reason: 'profile-missing', wanted, known: names, ...(near === undefined ? {} : {closest: near})}]);
  }
  const checked = await checkYaml({file, text: readFileSync(file, 'utf8'), schema: profileSchema, reason: 'config-invalid'});
  return checked.ok ? succeeded({launcher: 'local', engine: 'none', ...checked.value.values} as Profile) : checked;
}
