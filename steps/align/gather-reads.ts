// What an aligner is given, under short names in its own folder: the lanes, the chemistry, the whitelists, the index.
import {createWriteStream, existsSync, readFileSync, symlinkSync} from 'node:fs';
import {join} from 'node:path';
import {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import type {Chemistry} from '../../pipeline/data/chemistry.ts';
import {barcodeLines} from '../../pipeline/formats/barcode-list.ts';
import {readChemistry} from '../../pipeline/formats/chemistry.ts';
import {refuse, type StepJob} from '../../pipeline/step-runtime/run-step.ts';

export interface Reads {
  /** Names inside the folder: barcode read and cDNA read of each lane, in the order of the sheet. */
  readonly pairs: readonly (readonly [string, string])[];
  readonly chemistry: Chemistry;
  /** Names inside the folder; none, one, or one a part of the barcode. */
  readonly whitelists: readonly string[];
}

export interface ReferenceFacts {
  readonly tool: string;
  readonly tool_version: string;
}

/** Links `index` in the folder too. */
export async function gatherReads(job: StepJob, folder: string): Promise<Reads> {
  const chemistry = readChemistry(pathsOf(job, 'chemistry')[0]);
  const [files1, files2] = ['fastq_1', 'fastq_2'].map((name) => job.inputFiles(name).map((file) => file.path));
  const pairs = files1.map((path, at) => {
    const names = [`read_1.${at + 1}`, `read_2.${at + 1}`] as const;
    symlinkSync(path, join(folder, names[0]));
    symlinkSync(files2[at], join(folder, names[1]));
    return names;
  });
  symlinkSync(job.input('index'), join(folder, 'index'));
  const lists = pathsOf(job, 'whitelist');
  const whitelists = lists.map((_, at) => `whitelist.${at + 1}`);
  for (const [at, path] of lists.entries()) await pipeline(Readable.from(linesOf(path)), createWriteStream(join(folder, whitelists[at])));
  return {pairs, chemistry, whitelists};
}

/** Plain, with line breaks as the aligners want them; in blocks, since a list may have millions of lines. */
async function* linesOf(path: string): AsyncGenerator<string> {
  let block: string[] = [];
  for await (const line of barcodeLines(path)) {
    block.push(line, '\n');
    if (block.length < 1 << 16) continue;
    yield block.join('');
    block = [];
  }
  yield block.join('');
}

/** Each row of the sheet names the file again. */
function pathsOf(job: StepJob, name: string): string[] {
  return [...new Set(job.inputFiles(name).map((file) => file.path))];
}

/** Was the index made for this aligner? */
export function checkIndex(job: StepJob, tool: 'star' | 'kallisto'): ReferenceFacts {
  const index = job.input('index');
  const path = join(index, 'reference.json');
  if (!existsSync(path)) refuse({input: index, found: 'no reference.json', expected: 'an index of build-reference', advice: 'Name genome and genes in `reference` of the run file and let build-reference make it.'});
  const reference = JSON.parse(readFileSync(path, 'utf8')) as ReferenceFacts;
  if (reference.tool !== tool) {
    refuse({input: index, found: `an index of ${reference.tool}`, expected: `an index of ${tool}`, advice: `Set steps.align.tool and steps.build-reference.tool to the same, ${tool} or ${reference.tool}.`});
  }
  return reference;
}
