// Lists of cell barcodes (whitelists): one barcode a line, plain or gzip. Millions of lines, so that only what is asked for is kept.
import {createReadStream} from 'node:fs';
import {createGunzip} from 'node:zlib';
import {readStart} from '../base/file-start.ts';
import {FormatProblem} from '../base/format-problem.ts';

export interface FoundBarcodes {
  readonly found: ReadonlySet<string>;
  /** Lines of the list. */
  readonly nBarcodes: number;
}

/** Which of `wanted` are in the list. Throws a FormatProblem at the first line that is no barcode of this length. */
export async function findBarcodes(path: string, length: number, wanted: ReadonlySet<string>): Promise<FoundBarcodes> {
  const found = new Set<string>();
  const isBarcode = new RegExp(`^[ACGT]{${length}}$`);
  let nBarcodes = 0;
  for await (const line of barcodeLines(path)) {
    nBarcodes++;
    if (!isBarcode.test(line)) {
      const advice = /-\d+$/.test(line) ? 'Remove the suffix (-1).' : 'Is it the list of this chemistry? One barcode a line, nothing else.';
      throw new FormatProblem(path, {found: JSON.stringify(line.slice(0, 60)), expected: `a barcode of ${length} letters A C G T`, advice, line: nBarcodes});
    }
    if (wanted.has(line)) found.add(line);
  }
  if (nBarcodes === 0) throw new FormatProblem(path, {found: 'an empty list', expected: 'one barcode a line', advice: 'Check the column whitelist.'});
  return {found, nBarcodes};
}

/** Without white space at their ends; the last may lack its line break. */
export async function* barcodeLines(path: string): AsyncGenerator<string> {
  const [first, second] = readStart(path, 2);
  const source = createReadStream(path);
  const isGzip = first === 0x1f && second === 0x8b;
  let rest = '';
  try {
    for await (const chunk of (isGzip ? source.pipe(createGunzip()) : source) as AsyncIterable<Buffer>) {
      const lines = (rest + chunk.toString('latin1')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield line.trimEnd();
    }
  } catch (error) {
    if (!(error as NodeJS.ErrnoException).code?.startsWith('Z_')) throw error;
    throw new FormatProblem(path, {found: `damaged gzip (${(error as Error).message})`, expected: 'a whole list of barcodes', advice: 'Copy the file again.'});
  }
  if (rest !== '') yield rest.trimEnd();
}
