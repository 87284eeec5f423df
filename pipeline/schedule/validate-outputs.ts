// Is each declared output there, of its format, with its columns? Content beyond the header is checked by the step itself.
import {readFileSync, readdirSync, statSync} from 'node:fs';
import {constants, gunzipSync} from 'node:zlib';
import {readStart} from '../base/file-start.ts';
import type {OutputContract, StepContract} from '../model/step-contract.ts';

export type OutputMisfit =
  | {readonly kind: 'missing'; readonly output: string; readonly path: string}
  | {readonly kind: 'invalid'; readonly output: string; readonly path: string; readonly found: string; readonly expected: string};

/** The first output that does not fit, or undefined. `outputs` maps names to absolute paths. */
export function findMisfit(step: StepContract, outputs: Readonly<Record<string, string>>): OutputMisfit | undefined {
  for (const [output, contract] of Object.entries(step.outputs)) {
    const path = outputs[output];
    const stat = statSync(path, {throwIfNoEntry: false});
    if (stat === undefined) {
      if (contract.optional) continue;
      return {kind: 'missing', output, path};
    }
    const misfit = stat.isDirectory() ? misfitOfFolder(contract, path) : stat.size === 0 ? {found: 'an empty file', expected: contract.format} : misfitOfFile(contract, path);
    if (misfit !== undefined) return {kind: 'invalid', output, path, ...misfit};
  }
  return undefined;
}

type Misfit = {readonly found: string; readonly expected: string} | undefined;

function misfitOfFolder(contract: OutputContract, path: string): Misfit {
  if (contract.format !== 'folder') return {found: 'a folder', expected: contract.format};
  return readdirSync(path).length === 0 ? {found: 'an empty folder', expected: 'files in it'} : undefined;
}

function misfitOfFile(contract: OutputContract, path: string): Misfit {
  switch (contract.format) {
    case 'any':
      return undefined;
    case 'folder':
      return {found: 'a file', expected: 'a folder'};
    case 'h5ad':
      return readStart(path, 8).equals(hdf5Signature) ? undefined : {found: 'no HDF5 signature', expected: 'an HDF5 file'};
    case 'html':
      return /^<!doctype html/i.test(readStart(path, 32).toString()) ? undefined : {found: shown(readStart(path, 32).toString()), expected: '<!doctype html'};
    case 'json':
      return misfitOfJson(path);
    case 'tsv':
      return misfitOfHeader(contract, readStart(path, 1 << 16).toString());
    case 'tsv.gz':
      return misfitOfGzip(contract, path);
    case 'yaml':
    case 'gmt':
      return undefined;
  }
}

const hdf5Signature = Buffer.from('\x89HDF\r\n\x1a\n', 'latin1');
const shown = (text: string): string => JSON.stringify(text.slice(0, 40));

function misfitOfJson(path: string): Misfit {
  try {
    JSON.parse(readFileSync(path, 'utf8'));
    return undefined;
  } catch (error) {
    return {found: (error as Error).message, expected: 'JSON'};
  }
}

function misfitOfGzip(contract: OutputContract, path: string): Misfit {
  const start = readStart(path, 1 << 16);
  if (start[0] !== 0x1f || start[1] !== 0x8b) return {found: 'no gzip signature', expected: 'a gzip file'};
  try {
    // The start of a stream has no end: take what it holds.
    return misfitOfHeader(contract, gunzipSync(start, {finishFlush: constants.Z_SYNC_FLUSH}).toString());
  } catch (error) {
    return {found: `damaged gzip (${(error as Error).message})`, expected: 'a whole gzip file'};
  }
}

/** The declared columns lead the header, in order; more may follow. */
function misfitOfHeader(contract: OutputContract, text: string): Misfit {
  const wanted = contract.columns;
  if (wanted === undefined) return undefined;
  const found = text.split('\n', 1)[0].split('\t');
  const at = wanted.findIndex((name, i) => found[i] !== name);
  return at < 0 ? undefined : {found: `column ${at + 1} ${shown(found[at] ?? 'none')}`, expected: `"${wanted[at]}"`};
}
