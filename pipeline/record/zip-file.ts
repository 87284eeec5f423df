// Zip files with equal bytes for equal content, and their safe unpacking. Files are streamed: one may be larger than memory.
import {createReadStream, createWriteStream, mkdirSync, statSync} from 'node:fs';
import {dirname, join} from 'node:path';
import type {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {openPromise} from 'yauzl';
import {ZipFile} from 'yazl';
import {readStart} from '../base/file-start.ts';
import {failed, succeeded, type Result} from '../base/result.ts';

/** `from`: a file, or the content itself. */
export interface ZipEntry {
  readonly name: string;
  readonly from: {readonly path: string} | {readonly content: string};
}

/** What is compressed already only loses time. */
const isCompressed = /\.(gz|h5|h5ad|h5mu|loom|png|zip|bam)$/;

/** Entries in order of their names, all from the first day that zip knows, with the same mode. */
export async function writeZip(path: string, entries: readonly ZipEntry[]): Promise<void> {
  const zip = new ZipFile();
  // The DOS time of an entry is local time: made from local parts it is the same in every time zone.
  const fixed = {mtime: new Date(1980, 0, 1, 0, 0, 0), mode: 0o100644, forceDosTimestamp: true};
  for (const {name, from} of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const options = {...fixed, compress: !isCompressed.test(name)};
    if ('content' in from) zip.addBuffer(Buffer.from(from.content), name, options);
    else zip.addReadStreamLazy(name, {...options, size: statSync(from.path).size}, (give) => give(null, createReadStream(from.path, {highWaterMark: 1 << 20})));
  }
  const broken = new Promise<never>((_, reject) => zip.on('error', reject));
  zip.end();
  await Promise.race([pipeline(zip.outputStream, createWriteStream(path, {flags: 'wx'})), broken]);
}

/** Plain files below `folder`, which is empty. The error says what is wrong with the file, in words. */
export function unpackZip(path: string, folder: string): Promise<Result<void, string>> {
  return visitZip(path, async (name, content) => {
    mkdirSync(dirname(join(folder, name)), {recursive: true});
    await pipeline(content, createWriteStream(join(folder, name), {flags: 'wx', mode: 0o644}));
  });
}

/** Every file once, in the order of the zip; `visit` reads its content to the end. */
export async function visitZip(path: string, visit: (name: string, content: Readable) => Promise<void>): Promise<Result<void, string>> {
  if (readStart(path, 2).toString('latin1') !== 'PK') return failed('it is no zip file');
  const names = new Set<string>();
  let at = '';
  try {
    // yauzl refuses absolute names and `..`, and streams whose size is not the one announced.
    const zip = await openPromise(path, {strictFileNames: true, validateEntrySizes: true, autoClose: true});
    for await (const entry of zip.eachEntry()) {
      const {fileName} = entry;
      if (fileName.endsWith('/')) continue;
      if (names.has(fileName)) return failed(`it holds ${fileName} twice`);
      if (entry.isEncrypted()) return failed(`${fileName} is encrypted`);
      names.add(fileName);
      at = fileName;
      await visit(fileName, await zip.openReadStreamPromise(entry));
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall !== undefined) throw error;
    return failed(`${at === '' ? 'it' : at} cannot be unpacked whole (${(error as Error).message})`);
  }
  return succeeded(undefined);
}
