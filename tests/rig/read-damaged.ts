// Reads the files of a list, one after the other, in a process of its own: the library may abort, and a hang must be seen from outside. Prints a
// line a file: `ok DIGEST`, `problem WORDS` (a FormatProblem, which a step turns into exit 65), or `bug STACK`.
import {readFileSync, writeSync} from 'node:fs';
import {digestText} from '../../pipeline/base/digest.ts';
import {FormatProblem} from '../../pipeline/base/format-problem.ts';
import {readH5ad} from '../../pipeline/formats/h5ad.ts';
import {readH5adRows} from '../../pipeline/formats/h5ad-rows.ts';
import {readLoom} from '../../pipeline/formats/loom.ts';
import {readMatrixMarketFolder} from '../../pipeline/formats/matrix-market.ts';
import {readReceptors} from '../../pipeline/formats/read-receptors.ts';
import {readTenxH5} from '../../pipeline/formats/tenx-h5.ts';

export interface DamagedFile {
  readonly kind: 'h5ad' | 'h5ad-rows' | 'tenx-h5' | 'loom' | 'matrix-market' | 'receptors';
  readonly path: string;
}

const readers: Readonly<Record<DamagedFile['kind'], (path: string) => Promise<unknown>>> = {
  h5ad: async (path) => {
    const {X, obs, var: genes} = await readH5ad(path, {pairs: true});
    return [X, obs.index, genes.index];
  },
  'h5ad-rows': async (path) => {
    const pieces: unknown[] = [];
    for await (const {rows, counts} of readH5adRows(path)) pieces.push(rows, counts);
    return pieces;
  },
  'tenx-h5': readTenxH5, loom: readLoom, 'matrix-market': readMatrixMarketFolder, receptors: async (path) => (await readReceptors(path, 'S')).rearrangements,
};

const [list, from] = process.argv.slice(2);
for (const {kind, path} of (JSON.parse(readFileSync(list, 'utf8')) as DamagedFile[]).slice(Number(from))) {
  try {
    const content = await readers[kind](path);
    writeSync(1, `ok ${digestText(JSON.stringify(content, (_, value: unknown) => (ArrayBuffer.isView(value) ? Array.from(value as Float32Array, String) : value)))}\n`);
  } catch (error) {
    const words = `${error instanceof FormatProblem ? 'problem' : 'bug'} ${error instanceof FormatProblem ? error.message : (error as Error).stack}`;
    writeSync(1, `${words.replaceAll('\n', ' ').slice(0, 600)}\n`);
    // After an abort the library's memory is undefined: the next file wants a new process, as the next job has one.
    if (/abort|memory access|unreachable/i.test(words)) break;
  }
}
// Node 24 can wait for ever at its exit while it compiles WebAssembly (seen once in some hundred exits): not what is tested here.
process.kill(process.pid, 'SIGKILL');
