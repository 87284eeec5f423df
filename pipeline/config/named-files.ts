// The files that the run file names. A path with `~` or a variable is made absolute; the others stay as written, so that a moved folder
// changes no fingerprint.
import type {Failure} from '../model/failure.ts';
import type {RunConfig} from '../model/run-config.ts';
import {findPath, type PathSetting} from './expand-path.ts';
import type {PlaceOf, ValuePath} from './schema-failures.ts';

/** Paths of the keys of the run file that name a file, or several. */
export const namedFileKeys: readonly ValuePath[] = [
  ['samples'], ['visits'], ['patients'], ['biopsies'], ['adverse_events'], ['cells', 'path'], ['labels', 'path'], ['label_reference', 'path'], ['signatures', 'files'],
  ...['genome', 'genes', 'extra', 'extra_genes', 'receptor_genes', 'receptor_alleles', 'germline_v', 'germline_d', 'germline_j', 'germline_auxiliary'].map((key) => ['reference', key]),
];

export interface NamedFiles {
  /** The keys of the run file, paths resolved. */
  readonly values: RunConfig['values'];
  /** Absolute path by top-level key (samples, visits, …), where the file is there. */
  readonly files: ReadonlyMap<string, string>;
  readonly failures: readonly Failure[];
}

export function resolveNamedFiles(config: RunConfig, placeOf: PlaceOf, paths: PathSetting): NamedFiles {
  const values = structuredClone(config.values) as Record<string, unknown>;
  const files = new Map<string, string>();
  const failures: Failure[] = [];
  const resolve = (written: string, path: ValuePath): string => {
    const found = findPath(written, paths);
    if (found.problem !== undefined) failures.push({reason: 'config-invalid', place: placeOf(path), found: `${path.join('.')}: ${found.problem.found}`, expected: '', advice: found.problem.advice});
    else if (path.length === 1) files.set(String(path[0]), found.path);
    return /^~|\$\{/.test(written) ? found.path : written;
  };
  for (const path of namedFileKeys) {
    const holder = path.length === 1 ? values : (values[path[0]] as Record<string, unknown> | undefined);
    const key = path[path.length - 1];
    // Values of a wrong type are the schema's to tell.
    const written = typeof holder === 'object' && holder !== null ? holder[key] : undefined;
    if (typeof written === 'string' && written !== '') holder![key] = resolve(written, path);
    else if (Array.isArray(written)) holder![key] = written.map((one: unknown, at) => (typeof one === 'string' ? resolve(one, [...path, at]) : one));
  }
  return {values, files, failures};
}
