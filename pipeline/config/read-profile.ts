// A profile by name (configs/profiles/<name>.yaml) or by path.
import {existsSync, readdirSync} from 'node:fs';
import {dirname, join, resolve} from 'node:path';
import {closestName, didYouMean} from '../base/closest-name.ts';
import type {Location} from '../base/located-text.ts';
import {failed, succeeded, type Result} from '../base/result.ts';
import type {Failure} from '../model/failure.ts';
import type {Profile, Scratch} from '../model/profile.ts';
import {yamlChecker} from './check-yaml.ts';
import {expandPath, type PathSetting} from './expand-path.ts';
import {expandScratch} from './expand-scratch.ts';
import {profileSchema} from './profile-schema.ts';
import {readYamlText} from './text-file.ts';

export interface ProfileQuestion {
  readonly wanted: string;
  /** Where the run file names it; absent for --profile. */
  readonly place?: Location;
  /** Its folder is that of the run file. */
  readonly paths: PathSetting;
  readonly steps: readonly string[];
}

export async function readProfile({wanted, place, paths, steps}: ProfileQuestion): Promise<Result<Profile, readonly Failure[]>> {
  const shipped = join(paths.projectRoot, 'configs/profiles');
  const isPath = /[/\\]|\.ya?ml$/.test(wanted);
  const file = isPath ? resolve(paths.folder, wanted) : join(shipped, `${wanted}.yaml`);
  if (!existsSync(file)) {
    const known = readdirSync(shipped).map((name) => name.replace(/\.yaml$/, '')).sort();
    const closest = isPath ? undefined : closestName(wanted, known);
    return failed([{reason: 'profile-missing', wanted, known, ...(closest === undefined ? {} : {closest}), ...(place === undefined ? {} : {place})}]);
  }
  const text = readYamlText(file, {reason: 'config-invalid', askedBy: place === undefined ? '--profile' : 'the run file'});
  if (!text.ok) return text;
  const check = await yamlChecker(profileSchema, 'config-invalid');
  const {values, placeOf, failures} = check({file, text: text.value});
  const all = [...failures];
  for (const step of Object.keys((failures.length === 0 ? values['resources'] : undefined) ?? {})) {
    if (steps.includes(step)) continue;
    all.push({reason: 'config-invalid', place: placeOf(['resources', step], 'key'), found: `there is no step "${step}"`, expected: '', advice: didYouMean(step, steps)});
  }
  if (failures.length === 0 && values['launcher'] === 'slurm' && (values['engine'] === 'docker' || values['engine'] === 'podman')) {
    all.push({reason: 'config-invalid', place: placeOf(['engine']), found: `engine ${values['engine']} cannot be used with launcher slurm: its containers run outside the Slurm job, where scancel does not end them and the memory limit of the job does not hold`, expected: '', advice: 'Use engine apptainer or charliecloud, which start no daemon.'});
  }
  const own = {...paths, folder: dirname(file)};
  const expand = (written: string, path: readonly string[], expanded = expandPath(written, own)): string => {
    if (expanded.ok) return expanded.value;
    all.push({reason: 'config-invalid', place: placeOf(path), found: `the variable ${expanded.error} in ${written} is not set`, expected: '', advice: `Set it, e.g. export ${expanded.error}=/path/to/folder.`});
    return written;
  };
  const profile = values as unknown as Profile;
  const readScratch = (written: string | Scratch): Scratch => {
    const {folder, ...rest} = typeof written === 'string' ? {folder: written} : written;
    return {folder: expand(folder, typeof written === 'string' ? ['scratch'] : ['scratch', 'folder'], expandScratch(folder, own, profile.launcher)), ...rest};
  };
  const resolved: Profile = failures.length > 0 ? profile : {
    ...profile,
    ...(profile.scratch === undefined ? {} : {scratch: readScratch(profile.scratch)}),
    ...(profile.images === undefined ? {} : {images: Object.fromEntries(Object.entries(profile.images).map(([name, written]) => [name, isReference(name, written, own.folder) ? written : expand(written, ['images', name])]))}),
  };
  return all.length > 0 ? failed(all) : succeeded(resolved);
}

/** `localhost/star:2` is a name in the engine's own store, where no file has it. */
function isReference(name: string, written: string, folder: string): boolean {
  return name !== 'folder' && /^[\w.-]+(:\d+)?(\/[\w.-]+)*(:[\w.-]+|@sha256:[0-9a-f]{64})$|^sha256:[0-9a-f]{64}$/.test(written) && !existsSync(resolve(folder, written));
}
