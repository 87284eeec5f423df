// Each contrast against the samples sheet: does it name columns and values that are there, and has every patient one sample a side?
import {didYouMean} from '../base/closest-name.ts';
import type {Failure} from '../model/failure.ts';
import type {Contrast} from '../model/job-file.ts';
import type {LibraryRow, RunConfig} from '../model/run-config.ts';
import type {Warning} from '../model/warning.ts';
import {confounders} from './confounders.ts';
import type {Sheet} from './read-sheet.ts';
import {isGap, isNamed, type SampleRow} from './sample-row.ts';
import type {PlaceOf} from './schema-failures.ts';

export interface ContrastQuestion {
  readonly config: RunConfig;
  readonly placeOf: PlaceOf;
  readonly sheet: Sheet;
  readonly rows: readonly SampleRow[];
}

export interface ContrastFindings {
  readonly failures: readonly Failure[];
  readonly warnings: readonly Warning[];
}

const sides = ['before', 'after'] as const;

export function checkContrasts(ask: ContrastQuestion): ContrastFindings {
  const {config, rows} = ask;
  const failures: Failure[] = [];
  const warnings: Warning[] = [];
  const absent = new Map<string, {row: SampleRow; side: string; contrasts: string[]}>();
  // An empty cell has its own message: what would follow from it is noise.
  const unnamed = new Set(rows.filter((row) => !isNamed(row)).map((row) => row.library.patient_id));
  for (const [index, contrast] of config.contrasts.entries()) {
    const misnamed = unknownNames(contrast, index, ask);
    failures.push(...misnamed);
    if (misnamed.length > 0 || (contrast.by === 'timepoint' && !sides.every((side) => config.timepoints.includes(contrast[side])))) continue;
    const own = rows.filter((row) => !unnamed.has(row.library.patient_id) && takesPart(row.library, contrast));
    let nPairs = 0;
    for (const [patient, ofPatient] of Map.groupBy(own, (row) => row.library.patient_id)) {
      const onSides = sides.map((side) => ofPatient.filter((row) => row.library.columns[contrast.by] === contrast[side]));
      for (const [at, here] of onSides.entries()) {
        const value = contrast[sides[at]];
        if (here.length === 0) {
          const key = [patient, contrast.by, value].join('\t');
          const told = absent.get(key) ?? {row: ofPatient[0], side: `${contrast.by} "${value}"`, contrasts: []};
          told.contrasts.push(contrast.name);
          absent.set(key, told);
        }
        failures.push(...ambiguity(here.filter((row) => !isGap(row)), contrast, value));
      }
      if (onSides.every((here) => here.some((row) => !isGap(row)))) nPairs++;
    }
    if (nPairs === 0) warnings.push({text: `contrast ${contrast.name}: no patient has a sample on both sides; its comparisons will be missing.`});
    warnings.push(...confounders(own.filter((row) => !isGap(row)), contrast));
  }
  if (config.missing_pairs === 'error') failures.push(...[...absent.values()].map(({row, side, contrasts}): Failure => ({
    reason: 'sheet-invalid', place: row.source.placeOf('patient_id'), found: `patient ${row.library.patient_id} has no sample at ${side}`, expected: '',
    advice: `${contrasts.length === 1 ? `The contrast ${contrasts[0]} needs` : `The contrasts ${contrasts.join(', ')} need`} both for every patient. Add the row (with \`excluded\` if there is no sample), or set missing_pairs: drop.`,
  })));
  return {failures, warnings};
}

/** The infusion product takes part only where the contrast speaks of tissue. */
export function takesPart({columns}: LibraryRow, contrast: Contrast): boolean {
  if (columns['tissue'] === 'infusion product' && contrast.by !== 'tissue' && contrast.where['tissue'] === undefined) return false;
  return Object.entries(contrast.where).every(([column, value]) => columns[column] === value);
}

function unknownNames(contrast: Contrast, index: number, {config, placeOf, sheet, rows}: ContrastQuestion): Failure[] {
  const columns = [...new Set([...sheet.columns, 'tissue', 'cell_subset', 'gem_well', 'library_id'])];
  const failures: Failure[] = [];
  const base = ['contrasts', contrastPlace(config, contrast, index)];
  const noColumn = (column: string, path: readonly string[], on: 'key' | 'value'): void => {
    failures.push({reason: 'config-invalid', place: placeOf([...base, ...path], on), found: `the samples sheet has no column "${column}"`, expected: '', advice: didYouMean(column, columns)});
  };
  const checkValue = (column: string, value: string, path: readonly string[]): void => {
    const values = [...new Set(rows.map((row) => row.library.columns[column] ?? ''))].filter((one) => one !== '');
    if (!values.includes(value)) failures.push({reason: 'config-invalid', place: placeOf([...base, ...path]), found: `no sample has ${column} "${value}"`, expected: listed(values), advice: didYouMean(value, values)});
  };
  if (!columns.includes(contrast.by)) noColumn(contrast.by, ['by'], 'value');
  // Timepoints are checked against the run file's list.
  else if (contrast.by !== 'timepoint') for (const side of sides) checkValue(contrast.by, contrast[side], [side]);
  for (const [column, value] of Object.entries(contrast.where)) {
    if (columns.includes(column)) checkValue(column, value, ['where', column]);
    else noColumn(column, ['where', column], 'key');
  }
  return failures;
}

/** Contrasts that are not sound are left out of the config, so the index is that of the file. */
function contrastPlace(config: RunConfig, contrast: Contrast, index: number): number {
  const written = config.values['contrasts'] as readonly Partial<Contrast>[];
  const found = written.findIndex((one) => one?.name === contrast.name);
  return found < 0 ? index : found;
}

const listed = (values: readonly string[]): string => (values.length > 8 ? `one of its ${values.length} values` : values.join(' | '));

function ambiguity(rows: readonly SampleRow[], contrast: Contrast, value: string): Failure[] {
  const bySample = new Map(rows.map((row) => [row.library.sample_id, row]));
  if (bySample.size < 2) return [];
  const [first, second] = [...bySample.values()];
  const telling = Object.keys(second.library.columns).find((column) => !['sample_id', 'library', 'library_id', 'path', 'gem_well', 'day', contrast.by].includes(column) && first.library.columns[column] !== second.library.columns[column]);
  return [{
    reason: 'sheet-invalid', place: second.source.placeOf('sample_id'), expected: 'one',
    found: `patient ${second.library.patient_id} has ${bySample.size} samples at ${contrast.by} "${value}" for contrast ${contrast.name} (${[...bySample.keys()].join(', ')})`,
    advice: telling === undefined ? 'Say in `where` of the contrast which one is meant.' : `Say in the contrast which is meant, e.g. where: {${telling}: ${first.library.columns[telling]}}.`,
  }];
}
