// Rows of the samples sheet that name reads: does the run know how to take them apart, and what to align them to?
import {existsSync, readdirSync} from 'node:fs';
import {join} from 'node:path';
import {didYouMean} from '../base/closest-name.ts';
import type {Failure} from '../model/failure.ts';
import {yamlChecker} from './check-yaml.ts';
import {chemistrySchema} from './chemistry-schema.ts';
import {findPath, type PathSetting} from './expand-path.ts';
import {readFiles, type SampleRow} from './sample-row.ts';
import type {PlaceOf} from './schema-failures.ts';
import {readYamlText} from './text-file.ts';

export interface ReadRowsQuestion {
  readonly rows: readonly SampleRow[];
  /** The value of `reference` in the run file. */
  readonly reference: unknown;
  readonly placeOf: PlaceOf;
  readonly paths: PathSetting;
}

export interface ReadRows {
  /** What the sheet calls a chemistry -> its file. */
  readonly chemistries: ReadonlyMap<string, string>;
  readonly failures: readonly Failure[];
}

/** What is written in a cell of `whitelist` where there is none. */
export const noWhitelist = 'none';

interface FoundChemistry {
  readonly file?: string;
  readonly nParts: number;
  readonly whitelist: string;
}

const shipped = 'configs/chemistry';

export async function checkReadRows({rows, reference, placeOf, paths}: ReadRowsQuestion): Promise<ReadRows> {
  const withReads = rows.filter(({library, source}) => (source.cells['fastq_1'] ?? '') !== '' && library.excluded === '' && library.library !== '');
  const known = new Map<string, FoundChemistry>();
  const failures: Failure[] = [];
  for (const row of withReads) {
    const name = row.source.cells['chemistry'] ?? '';
    if (name === '' || known.has(name)) continue;
    const {found, failures: own} = await findChemistry(name, row, paths);
    known.set(name, found);
    failures.push(...own);
  }
  for (const row of withReads) failures.push(...rowFailures(row, known.get(row.source.cells['chemistry'] ?? '')));
  failures.push(...disagreements(withReads), ...referenceFailures(withReads, reference, placeOf));
  return {chemistries: new Map([...known].flatMap(([name, {file}]) => (file === undefined ? [] : [[name, file]]))), failures};
}

/** A name of configs/chemistry, or the path of a file of the user's own. */
async function findChemistry(name: string, row: SampleRow, paths: PathSetting): Promise<{found: FoundChemistry; failures: readonly Failure[]}> {
  const none: FoundChemistry = {nParts: 0, whitelist: ''};
  const wrong = (found: string, expected: string, advice: string): {found: FoundChemistry; failures: Failure[]} => ({found: none, failures: [{reason: 'sheet-invalid', place: row.source.placeOf('chemistry'), found, expected, advice}]});
  const own = /[/\\]|\.ya?ml$/.test(name) ? findPath(name, paths) : undefined;
  if (own?.problem !== undefined) return wrong(own.problem.found, '', own.problem.advice);
  const file = own?.path ?? join(paths.projectRoot, shipped, `${name}.yaml`);
  if (!existsSync(file)) {
    const names = readdirSync(join(paths.projectRoot, shipped)).filter((one) => one.endsWith('.yaml')).map((one) => one.replace(/\.yaml$/, '')).sort();
    return wrong(`unknown chemistry "${name}"`, names.join(' | '), didYouMean(name, names) || 'Or name a file of your own, written like those of configs/chemistry.');
  }
  const text = readYamlText(file, {reason: 'config-invalid', askedBy: 'the samples sheet'});
  if (!text.ok) return {found: none, failures: text.error};
  const check = await yamlChecker(chemistrySchema, 'config-invalid');
  const {values, failures} = check({file, text: text.value});
  if (failures.length > 0) return {found: none, failures};
  return {found: {file, nParts: (values['barcode'] as unknown[]).length, whitelist: String(values['whitelist'])}, failures: []};
}

function rowFailures({library, source}: SampleRow, chemistry: FoundChemistry | undefined): Failure[] {
  const wrong = (column: string, found: string, expected: string, advice: string): Failure => ({reason: 'sheet-invalid', place: source.placeOf(column), found, expected, advice});
  if (library.library === 'adt') return [wrong('fastq_1', 'reads of library adt', 'reads of gex, tcr, bcr or vdj', 'Count the antibodies first and name the counts in path.')];
  if (chemistry === undefined) return [wrong('chemistry', 'chemistry is empty, though the row names reads', 'the kit that wrote barcode and UMI, e.g. 10x-5p-v2', 'The names are those of the files in configs/chemistry.')];
  // An unknown chemistry has been told.
  if (chemistry.file === undefined) return [];
  const written = source.cells['whitelist'] ?? '';
  const lists = readFiles(written);
  if (library.library === 'gex' && lists.length === 0) {
    return [wrong('whitelist', 'whitelist is empty, though the row names reads', `the file of barcodes (${chemistry.whitelist})`, 'It comes with the maker\'s software. Where there is none, write `none`: then every barcode that was read counts.')];
  }
  if (written === noWhitelist) return chemistry.nParts > 1 && library.library === 'gex' ? [wrong('whitelist', `whitelist is ${noWhitelist}, though the barcode has ${chemistry.nParts} parts`, `one list for each, separated by ;`, '')] : [];
  return lists.length > 1 && lists.length !== chemistry.nParts ? [wrong('whitelist', `${lists.length} whitelists for a barcode of ${chemistry.nParts} ${chemistry.nParts === 1 ? 'part' : 'parts'}`, chemistry.nParts === 1 ? 'one' : 'one, or one a part', '')] : [];
}

/** Rows of one library are its lanes: one kit, one list. */
function disagreements(rows: readonly SampleRow[]): Failure[] {
  const first = new Map<string, SampleRow>();
  return rows.flatMap((row) => {
    const {library_id} = row.library;
    const before = first.get(library_id);
    if (before === undefined) {
      first.set(library_id, row);
      return [];
    }
    return ['chemistry', 'whitelist'].flatMap((column): Failure[] => {
      const [here, there] = [row, before].map((one) => one.source.cells[column] ?? '');
      if (here === there) return [];
      return [{reason: 'sheet-invalid', place: row.source.placeOf(column), found: `library ${library_id} has ${column} ${JSON.stringify(here)} here and ${JSON.stringify(there)} in row ${before.source.line}`, expected: '', advice: 'Lanes of one library were made with one kit.'}];
    });
  });
}

function referenceFailures(rows: readonly SampleRow[], reference: unknown, placeOf: PlaceOf): Failure[] {
  const row = rows.find(({library}) => library.library === 'gex');
  if (row === undefined) return [];
  if (typeof reference !== 'object' || reference === null) {
    return [{reason: 'sheet-invalid', place: row.source.placeOf('fastq_1'), found: 'reads of gene expression, though the run file has no reference', expected: '', advice: 'Add `reference: {genome: genome.fa.gz, genes: genes.gtf.gz}` to the run file.'}];
  }
  return ['genome', 'genes'].flatMap((key): Failure[] =>
    key in reference ? [] : [{reason: 'config-invalid', place: placeOf(['reference'], 'key'), found: `reference has no ${key}, though row ${row.source.line} of the samples sheet names reads of gene expression`, expected: '', advice: `Add ${key}.`}]);
}
