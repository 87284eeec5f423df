// A text file too large to hold, plain or gzip, piece by piece.
import {createReadStream} from 'node:fs';
import {createGunzip} from 'node:zlib';
import {readStart} from '../base/file-start.ts';
import {FormatProblem} from '../base/format-problem.ts';

/** The decompressed bytes (gzip is told by the first two bytes). */
export async function* readPieces(path: string): AsyncGenerator<Buffer> {
  const start = readStart(path, 2);
  const file = createReadStream(path, {highWaterMark: 1 << 20});
  if (start[0] !== 0x1f || start[1] !== 0x8b) {
    yield* file as AsyncIterable<Buffer>;
    return;
  }
  const gunzip = createGunzip({chunkSize: 1 << 20});
  file.on('error', (error) => gunzip.destroy(error));
  try {
    yield* file.pipe(gunzip) as AsyncIterable<Buffer>;
  } catch (error) {
    if (!/^Z_/.test((error as NodeJS.ErrnoException).code ?? '')) throw error;
    throw new FormatProblem(path, {found: `damaged gzip (${(error as Error).message})`, expected: 'a whole gzip file', advice: 'Copy the file again.'});
  }
}

/** Lines without their ends, many at a time: a generator step for each line would cost more than the line. */
export async function* readLineBatches(path: string): AsyncGenerator<string[]> {
  let rest = Buffer.alloc(0);
  for await (const piece of readPieces(path)) {
    const end = piece.lastIndexOf(0x0a);
    if (end < 0) {
      rest = Buffer.concat([rest, piece]);
      continue;
    }
    yield Buffer.concat([rest, piece.subarray(0, end)]).toString('utf8').split(/\r?\n/);
    rest = Buffer.from(piece.subarray(end + 1));
  }
  if (rest.length > 0) yield [rest.toString('utf8').replace(/\r$/, '')];
}
