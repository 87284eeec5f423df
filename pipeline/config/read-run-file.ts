// The run file -> RunConfig, or every problem in it at once, each at its line and column. Knows no sheets and no steps.
import {existsSync, readFileSync} from 'node:fs';
import {resolve} from 'node:path';
import {closestName} from '../base/closest-name.ts';
import {failed, succeeded, type Result} from '../base/result.ts';
import type {Failure} from '../model/failure.ts';
import type {Contrast} from '../model/job-file.ts';
import type {RunConfig} from '../model/run-config.ts';
import {checkYaml, type CheckedYaml} from './check-yaml.ts';
import {runSchema} from './run-schema.ts';

export interface ReadRunFile {
  readonly config: RunConfig;
  readonly placeOf: CheckedYaml['placeOf'];
}

export async function readRunFile(file: string, adjust?: (values: Record<string, unknown>) => void): Promise<Result<ReadRunFile, readonly Failure[]>> {
  if (!existsSync(file)) return failed([{reason: 'file-missing', path: file, askedBy: 'the command line'}]);
  return parseRunFile(file, readFileSync(file, 'utf8'), adjust);
}

export async function parseRunFile(file: string, text: string, adjust?: (values: Record<string, unknown>) => void): Promise<Result<ReadRunFile, readonly Failure[]>> {
  const checked = await checkYaml({file, text, schema: runSchema, reason: 'config-invalid', ...(adjust === undefined ? {} : {adjust})});
  if (!checked.ok) return checked;
  const {values, placeOf} = checked.value;
  const contrasts = ((values['contrasts'] ?? []) as Partial<Contrast>[]).map((contrast) => ({where: {}, primary: false, ...contrast}) as Contrast);
  const config: RunConfig = {
    name: String(values['name']),
    file: resolve(file),
    timepoints: values['timepoints'] as string[],
    contrasts,
    missing_pairs: (values['missing_pairs'] ?? 'error') as 'error' | 'drop',
    seed: Number(values['seed'] ?? 1),
    steps: (values['steps'] ?? {}) as RunConfig['steps'],
    values,
  };
  const strays = contrasts.flatMap((contrast, index) =>
    (['before', 'after'] as const).filter((side) => contrast.by === 'timepoint' && !config.timepoints.includes(contrast[side])).map((side): Failure => {
      const near = closestName(contrast[side], config.timepoints);
      return {reason: 'config-invalid', place: placeOf(['contrasts', index, side]), found: `unknown timepoint "${contrast[side]}"`, expected: config.timepoints.join(' | '), advice: near === undefined ? '' : `Did you mean "${near}"?`};
    }),
  );
  return strays.length > 0 ? failed(strays) : succeeded({config, placeOf});
}
