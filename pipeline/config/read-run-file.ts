// The run file -> RunConfig, with every problem in it at once, each at its line and column. Knows no sheets and no steps.
import {resolve} from 'node:path';
import {didYouMean} from '../base/closest-name.ts';
import type {Failure} from '../model/failure.ts';
import type {Contrast} from '../model/job-file.ts';
import type {RunConfig} from '../model/run-config.ts';
import {yamlChecker, type YamlText} from './check-yaml.ts';
import type {Override} from './overrides.ts';
import {runSchema} from './run-schema.ts';
import type {PlaceOf} from './schema-failures.ts';
import {readYamlText} from './text-file.ts';

export interface ReadRunFile {
  readonly config: RunConfig;
  readonly placeOf: PlaceOf;
  /** Where there are any, `config` holds only what is sound. */
  readonly failures: readonly Failure[];
}

export async function readRunFile(file: string, overrides: readonly Override[]): Promise<ReadRunFile | {readonly failures: readonly Failure[]; readonly config?: undefined}> {
  const text = readYamlText(file, {reason: 'config-invalid', askedBy: 'the command line'});
  return text.ok ? parseRunFile({file, text: text.value, overrides}) : {failures: text.error};
}

export async function parseRunFile(ask: YamlText): Promise<ReadRunFile> {
  const check = await yamlChecker(runSchema, 'config-invalid');
  const {values, placeOf, failures} = check(ask);
  const timepoints = Array.isArray(values['timepoints']) ? values['timepoints'].filter((name) => typeof name === 'string') : [];
  const written = Array.isArray(values['contrasts']) ? (values['contrasts'] as unknown[]) : [];
  const sound = written.flatMap((contrast, index) => (isContrast(contrast) ? [{...contrast, where: textsOf(contrast.where), index}] : []));
  const primary = sound.find((contrast) => contrast.primary === true) ?? sound[0];
  const contrasts = sound.map(({index: _index, ...contrast}, at): Contrast => ({...contrast, primary: sound[at] === primary}));
  const config: RunConfig = {
    name: String(values['name']),
    file: resolve(ask.file),
    timepoints,
    contrasts,
    missing_pairs: values['missing_pairs'] === 'drop' ? 'drop' : 'error',
    seed: Number(values['seed']),
    steps: Object.fromEntries(Object.entries(values['steps'] ?? {}).filter(([, params]) => isMapping(params))) as RunConfig['steps'],
    values,
  };
  return {config, placeOf, failures: [...failures, ...contrastFailures(sound, timepoints, placeOf)]};
}

type SoundContrast = Contrast & {readonly index: number};

/** What the run file alone can tell. */
function contrastFailures(contrasts: readonly SoundContrast[], timepoints: readonly string[], placeOf: PlaceOf): Failure[] {
  const failures: Failure[] = [];
  const wrong = (path: readonly (string | number)[], found: string, expected: string, advice: string): void => {
    failures.push({reason: 'config-invalid', place: placeOf(['contrasts', ...path]), found, expected, advice});
  };
  for (const [at, contrast] of contrasts.entries()) {
    const earlier = contrasts.slice(0, at);
    if (earlier.some((one) => one.name === contrast.name)) wrong([contrast.index, 'name'], `a second contrast "${contrast.name}"`, '', 'Give each its own name.');
    if (contrast.primary === true && earlier.some((one) => one.primary === true)) wrong([contrast.index, 'primary'], 'a second primary contrast', 'one at most', '');
    if (contrast.before === contrast.after) wrong([contrast.index, 'after'], `before and after are both "${contrast.after}"`, 'two different sides', '');
    if (contrast.by !== 'timepoint' || timepoints.length === 0) continue;
    for (const side of ['before', 'after'] as const) {
      if (timepoints.includes(contrast[side])) continue;
      wrong([contrast.index, side], `unknown timepoint "${contrast[side]}"`, timepoints.join(' | '), didYouMean(contrast[side], timepoints));
    }
  }
  return failures;
}

function isContrast(value: unknown): value is Contrast {
  return isMapping(value) && ['name', 'by', 'before', 'after'].every((key) => typeof value[key] === 'string');
}

const isMapping = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const textsOf = (value: unknown): Record<string, string> =>
  isMapping(value) ? Object.fromEntries(Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === 'string')) : {};
