// Every file of two result folders, told apart by name, compared by what it is. The files of one figure are one result.
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {compareAnnotated} from '../../pipeline/analysis/reproduction/compare-annotated.ts';
import {compareTables} from '../../pipeline/analysis/reproduction/compare-tables.ts';
import {compareText, onlyDigests} from '../../pipeline/analysis/reproduction/compare-text.ts';
import {identical, type Comparison, type Status, type Tolerances} from '../../pipeline/analysis/reproduction/compared.ts';
import {comparisonWords, type ComparedResult} from '../../pipeline/analysis/reproduction/verdict.ts';
import {digestFile} from '../../pipeline/base/digest.ts';
import type {ReproductionFacts} from '../../pipeline/figures/reproduction-page.ts';
import {readTable} from '../../pipeline/formats/delimited-text.ts';
import {readH5ad} from '../../pipeline/formats/h5ad.ts';

interface Folders {
  readonly published: string;
  readonly again: string;
  readonly facts: Pick<ReproductionFacts, 'notRebuilt' | 'tolerances'>;
}

export async function compareFolders(folders: Folders): Promise<ComparedResult[]> {
  const {published, again, facts} = folders;
  const names = [...new Set([...filesIn(published), ...filesIn(again)])].filter((name) => name !== 'manifest.json').sort();
  const files: ComparedResult[] = [];
  for (const path of names) {
    const kind = path.startsWith('tables/') ? 'table' : path.startsWith('figures/') ? 'figure' : 'other';
    const alone = one(path, folders);
    if (alone !== undefined) files.push({path, kind, columns: [], ...alone});
    else {
      const comparison = await compareFile(path, folders, tolerancesOf(path, facts.tolerances));
      files.push({path, kind, status: comparison.status, words: comparisonWords(comparison), columns: comparison.columns});
    }
  }
  const figures = Map.groupBy(files.filter(({kind}) => kind === 'figure'), ({path}) => path.replace(/\.[^./]+$/, ''));
  return [...files.filter(({kind}) => kind === 'table'), ...[...figures].map(([path, parts]) => figureOf(path, parts)), ...files.filter(({kind}) => kind === 'other')];
}

/** A file that is on one side alone. */
function one(path: string, {published, again, facts}: Folders): Pick<ComparedResult, 'status' | 'words'> | undefined {
  const [isPublished, isThere] = [published, again].map((folder) => existsSync(join(folder, path)));
  if (isPublished && isThere) return undefined;
  if (!isPublished) return {status: 'not-published', words: 'made here, and not published'};
  const why = facts.notRebuilt.find((entry) => entry.path === path)?.why;
  return why === undefined ? {status: 'not-made', words: 'published, and not made here'} : {status: 'not-rebuilt', words: why};
}

async function compareFile(path: string, {published, again}: Folders, tolerances: Tolerances): Promise<Comparison> {
  const [before, after] = [join(published, path), join(again, path)];
  if ((await digestFile(before)) === (await digestFile(after))) return identical;
  const comparison = await compareContent(path, before, after, tolerances);
  return comparison.status === 'identical' ? {status: 'within', columns: [], notes: ['the content is the same, stored in other bytes']} : comparison;
}

async function compareContent(path: string, before: string, after: string, tolerances: Tolerances): Promise<Comparison> {
  if (/\.tsv(\.gz)?$/.test(path)) return compareTables(readTable(before), readTable(after), tolerances);
  if (path.endsWith('.h5ad')) return compareAnnotated(await readH5ad(before), await readH5ad(after), tolerances);
  if (/\.(html|svg|json|txt|md|bib|cff|csv|yaml)$/.test(path)) return compareText(readFileSync(before, 'utf8'), readFileSync(after, 'utf8'), tolerances['*']);
  return {status: 'differs', columns: [], notes: ['the bytes differ']};
}

/** Declared for the file, else for a folder that it lies in. */
function tolerancesOf(path: string, declared: ReproductionFacts['tolerances']): Tolerances {
  const [, found] = Object.entries(declared).find(([place]) => path === place || path.startsWith(`${place}/`)) ?? [];
  return found ?? {};
}

const worst: readonly ComparedResult['status'][] = ['differs', 'not-made', 'not-published', 'not-rebuilt', 'within', 'identical'];
/** In the order in which they are told. */
const partNames: Readonly<Record<string, string>> = {tsv: 'values', svg: 'picture', json: 'parameters'};
const rankOf = (ending: string): number => [...Object.keys(partNames), ending].indexOf(ending);

/** Its values are told first: they say what a picture that differs shows. */
function figureOf(path: string, parts: readonly ComparedResult[]): ComparedResult {
  // Its parameters name the digests of all tables: that one of the others differs is no difference of this figure.
  const judged = parts.map((part) => (part.path.endsWith('.json') && part.words === onlyDigests ? {...part, status: 'identical' as const} : part));
  const status = worst.find((one) => judged.some((part) => part.status === one)) ?? 'identical';
  const endingOf = (part: ComparedResult): string => part.path.slice(path.length + 1);
  const told = judged.filter((part) => part.status !== 'identical').toSorted((a, b) => rankOf(endingOf(a)) - rankOf(endingOf(b)));
  const isAlike = new Set(told.map(({words}) => words)).size === 1 && told.length === parts.length;
  // Markup says nothing to a reader; the pictures stand beside each other on the page.
  const wordsOf = (part: ComparedResult): string => (part.path.endsWith('.svg') ? part.words.replace(/, the first: .*$/s, '') : part.words);
  const words = isAlike ? told[0].words : told.map((part) => `${partNames[endingOf(part)] ?? endingOf(part)}: ${wordsOf(part)}`).join('; ');
  return {path, kind: 'figure', status: status as Status, words, columns: parts.find((part) => part.path.endsWith('.tsv'))?.columns ?? []};
}

function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, {recursive: true, withFileTypes: true}).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}
