// A run's own files as they go into a bundle: run file and sheets with every path replaced, so that the study runs wherever it is unpacked and
// names no machine. Nothing that names a person goes with them.
import {readFileSync} from 'node:fs';
import {basename, dirname, extname, isAbsolute, resolve} from 'node:path';
import {succeeded, failed, type Result} from '../base/result.ts';
import type {Failure} from '../model/failure.ts';
import {clinicalSheets} from './clinical-columns.ts';
import {expandPath, type PathSetting} from './expand-path.ts';
import type {LoadedConfig} from './load-config.ts';
import {namedFileKeys} from './named-files.ts';
import {personalData, personalFileName, personalValues} from './personal-data.ts';
import {noWhitelist} from './read-rows.ts';
import {readSheetFile, type Sheet} from './read-sheet.ts';
import {readFiles} from './sample-row.ts';
import {fileColumns} from './samples-sheet.ts';

const sheetKeys: readonly string[] = ['samples', ...clinicalSheets.map(({key}) => key)];

export interface StudyFiles {
  /** Absolute paths of what the run reads besides its sheets. */
  readonly inputs: readonly string[];
  /** Own chemistry files: they keep the path that the sheet names, which a step is told. */
  readonly kept: ReadonlyMap<string, string>;
  /** Sheet key -> its file. */
  readonly sheets: ReadonlyMap<string, string>;
}

/** The error tells what may not leave the machine. */
export function studyFiles(loaded: LoadedConfig, paths: PathSetting, quarantined: ReadonlyMap<string, string> = new Map()): Result<StudyFiles, readonly Failure[]> {
  const {config} = loaded;
  const inputs = new Set<string>();
  const kept = new Map<string, string>();
  const sheets = new Map<string, string>();
  const failures: Failure[] = [];
  const absolute = (written: string): string => {
    const found = expandPath(written, paths);
    return found.ok ? found.value : resolve(dirname(config.file), written);
  };
  for (const {key, written} of namedValues(config.values)) {
    if (sheetKeys.includes(key)) sheets.set(key, absolute(written));
    else inputs.add(absolute(written));
  }
  const samples = sheetOf(sheets.get('samples') ?? '');
  for (const row of samples.rows) {
    if (exclusionOf(row.cells, quarantined) !== '') continue;
    for (const column of fileColumns) {
      const cell = row.cells[column] ?? '';
      if (column === 'chemistry') {
        if (!/[/\\]|\.ya?ml$/.test(cell)) continue;
        if (isAbsolute(cell) || /^[~$]|(^|\/)\.\.(\/|$)/.test(cell)) failures.push({reason: 'sheet-invalid', place: row.placeOf(column), found: `the chemistry ${cell}`, expected: 'a file beside the sheet', advice: 'Copy it there and name it so.'});
        else kept.set(absolute(cell), cell);
      } else for (const one of partsOf(column, cell)) inputs.add(absolute(one));
    }
  }
  for (const file of sheets.values()) failures.push(...personalData(sheetOf(file), fileColumns));
  for (const row of samples.rows) failures.push(...personalNames(row));
  return failures.length > 0 ? failed(failures) : succeeded({inputs: [...inputs].sort(), kept, sheets});
}

/** `path` -> where it lies in the bundle. The error tells what may not be published. */
export async function portableRunFile(loaded: LoadedConfig, paths: PathSetting, place: (path: string) => string): Promise<Result<string, readonly Failure[]>> {
  const {stringify} = await import('yaml');
  const {file, values} = loaded.config;
  const {profile: _where, ...portable} = structuredClone(values) as Record<string, unknown>;
  for (const {key, written, set} of namedValues(portable)) {
    const found = expandPath(written, paths);
    set(sheetKeys.includes(key) ? sheetName(key, written) : place(found.ok ? found.value : resolve(dirname(file), written)));
  }
  const text = stringify(portable, {lineWidth: 0});
  const personal = personalValues(file, readFileSync(file, 'utf8'), text);
  return personal.length > 0 ? failed(personal) : succeeded(text);
}

/** A sample that the run set aside (sample_id -> reason) is excluded; a row that the sheet excludes keeps its reason. */
const exclusionOf = (cells: Readonly<Record<string, string>>, quarantined: ReadonlyMap<string, string>): string => (cells['excluded'] ?? '') || (quarantined.get(cells['sample_id'] ?? '') ?? '');

/** The samples sheet as TSV. What an excluded row names is not read and not told. */
export function portableSamples(file: string, {paths, place, quarantined}: {readonly paths: PathSetting; readonly place: (path: string) => string; readonly quarantined: ReadonlyMap<string, string>}): string {
  const sheet = sheetOf(file);
  const columns = quarantined.size === 0 || sheet.columns.includes('excluded') ? sheet.columns : [...sheet.columns, 'excluded'];
  const cellOf = (cells: Readonly<Record<string, string>>, column: string): string => {
    if (column === 'excluded') return exclusionOf(cells, quarantined);
    const cell = cells[column] ?? '';
    if (!fileColumns.includes(column) || column === 'chemistry' || cell === '' || (column === 'whitelist' && cell === noWhitelist)) return cell;
    if (exclusionOf(cells, quarantined) !== '') return '';
    return partsOf(column, cell).map((one) => {
      const found = expandPath(one, paths);
      return place(found.ok ? found.value : one);
    }).join(';');
  };
  const quoted = (cell: string): string => (/["\t\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  const lines = sheet.rows.map((row) => columns.map((column) => quoted(cellOf(row.cells, column))).join('\t'));
  return `${[columns.map(quoted).join('\t'), ...lines].join('\n')}\n`;
}

/** A clinical sheet is itself an input of a step: its bytes stay. */
export const sheetName = (key: string, file: string): string => (key === 'samples' ? 'samples.tsv' : `${key}${extname(file).toLowerCase() === '.csv' ? '.csv' : '.tsv'}`);

interface NamedValue {
  readonly key: string;
  readonly written: string;
  readonly set: (value: string) => void;
}

/** Every path that the run file names. */
function namedValues(values: Readonly<Record<string, unknown>>): NamedValue[] {
  return namedFileKeys.flatMap((path): NamedValue[] => {
    const holder = (path.length === 1 ? values : values[path[0]]) as Record<string, unknown> | undefined;
    const last = String(path[path.length - 1]);
    const written = typeof holder === 'object' && holder !== null ? holder[last] : undefined;
    const key = String(path[0]);
    if (typeof written === 'string' && written !== '') return [{key, written, set: (value) => (holder![last] = value)}];
    if (!Array.isArray(written)) return [];
    return written.map((one: string, at): NamedValue => ({key, written: one, set: (value) => ((written as string[])[at] = value)}));
  });
}

const partsOf = (column: string, cell: string): string[] => (cell === '' || (column === 'whitelist' && cell === noWhitelist) ? [] : column === 'path' || column === 'demux' ? [cell] : readFiles(cell));

/** Read without a complaint when the run was prepared. */
function sheetOf(file: string): Sheet {
  const {sheet} = readSheetFile(file, 'the run file');
  if (sheet === undefined) throw new Error(`${file} could be read a moment ago`);
  return sheet;
}

function personalNames(row: Sheet['rows'][number]): Failure[] {
  if ((row.cells['excluded'] ?? '') !== '') return [];
  return fileColumns.filter((column) => column !== 'chemistry').flatMap((column) => partsOf(column, row.cells[column] ?? '').flatMap((path): Failure[] => {
    const words = personalFileName(basename(path));
    return words === undefined ? [] : [{reason: 'sheet-invalid', place: row.placeOf(column), found: `the name of a file in ${column} holds ${words}`, expected: 'nothing that names a person or a calendar day', advice: 'Rename the file, or link to it under another name; no job runs again for that.'}];
  }));
}
