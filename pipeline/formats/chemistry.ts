// configs/chemistry/*.yaml, or a file of the user's own: what stands where in read 1.
import {isMap, parseDocument, type Document} from 'yaml';
import {FormatProblem} from '../base/format-problem.ts';
import {endOf, type Chemistry, type Span} from '../data/chemistry.ts';
import {readText} from './delimited-text.ts';

/** Throws a FormatProblem at the line of what does not fit. */
export function readChemistry(path: string): Chemistry {
  const text = readText(path);
  const document = parseDocument(text, {prettyErrors: false});
  const refuse: Refuse = (where, found, expected) => {
    throw new FormatProblem(path, {found, expected, advice: 'Compare it with the files of configs/chemistry.', line: lineOf(text, document, where)});
  };
  const broken = document.errors[0];
  if (broken !== undefined) refuse([], broken.message, 'valid YAML');
  const raw = (isMap(document.contents) ? document.toJS() : {}) as Record<string, unknown>;
  const {summary, barcode, umi, strand, whitelist} = raw;
  if (!Array.isArray(barcode) || barcode.length === 0) return refuse(['barcode'], 'no barcode', 'a list of {start, length}');
  if (strand !== 'forward' && strand !== 'reverse') return refuse(['strand'], `strand ${String(strand)}`, 'forward or reverse');
  const parts = barcode.map((part: unknown, at) => spanOf(part, ['barcode', at], refuse));
  const molecule = spanOf(umi, ['umi'], refuse);
  const anchor = anchorOf(raw['anchor'], refuse);
  for (const [at, part] of parts.entries()) {
    if (overlap(part, molecule)) refuse(['umi'], `the UMI ${shown(molecule)} lies in part ${at + 1} of the barcode, ${shown(part)}`, 'bases of its own for each');
    if (at > 0 && part.start <= endOf(parts[at - 1])) refuse(['barcode', at], `part ${at + 1} of the barcode ${shown(part)} begins before part ${at} ends, ${shown(parts[at - 1])}`, 'parts in order');
  }
  return {summary: String(summary ?? ''), barcode: parts, umi: molecule, ...(anchor === undefined ? {} : {anchor}), strand, whitelist: String(whitelist ?? '')};
}

type Where = readonly (string | number)[];
type Refuse = (where: Where, found: string, expected: string) => never;

function spanOf(value: unknown, where: Where, refuse: Refuse): Span {
  const {start, length} = (value ?? {}) as Record<string, unknown>;
  if (!isWhole(start, 1) || !isWhole(length, 1)) return refuse(where, `${where[0]} ${JSON.stringify(value ?? null)}`, '{start: first base, from 1; length: bases}');
  return {start, length};
}

function anchorOf(value: unknown, refuse: Refuse): Chemistry['anchor'] {
  if (value === undefined) return undefined;
  const {sequence, start, max_shift} = value as Record<string, unknown>;
  if (typeof sequence !== 'string' || !/^[ACGTN]+$/.test(sequence) || !isWhole(start, 1) || !isWhole(max_shift, 0)) {
    return refuse(['anchor'], `anchor ${JSON.stringify(value)}`, '{sequence: of A C G T N, start: its first base, max_shift: bases}');
  }
  return {sequence, start, max_shift};
}

const isWhole = (value: unknown, least: number): value is number => Number.isInteger(value) && (value as number) >= least;
const overlap = (a: Span, b: Span): boolean => a.start <= endOf(b) && b.start <= endOf(a);
const shown = (span: Span): string => `(${span.start} to ${endOf(span)})`;

function lineOf(text: string, document: Document, where: Where): number {
  for (let end = where.length; end > 0; end--) {
    const node = document.getIn(where.slice(0, end), true) as {range?: readonly number[] | null} | undefined;
    if (node?.range) return text.slice(0, node.range[0]).split('\n').length;
  }
  const offset = document.errors[0]?.pos[0] ?? 0;
  return text.slice(0, offset).split('\n').length;
}
