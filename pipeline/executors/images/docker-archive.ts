// The docker-archive: one tar with manifest.json, the configuration and the layers, which every engine and converter reads.
import {createHash} from 'node:crypto';
import {createReadStream} from 'node:fs';
import {open, type FileHandle} from 'node:fs/promises';
import {Transform, type Readable} from 'node:stream';
import {createGunzip, createZstdDecompress} from 'node:zlib';
import {readStart} from '../../base/file-start.ts';
import {failed, succeeded, type Result} from '../../base/result.ts';
import type {ImageFailure} from '../../model/image-failure.ts';

export interface ArchiveContent {
  /** The configuration as the registry gave it: its digest is the image's id. */
  readonly config: Uint8Array;
  readonly configDigest: string;
  /** Files as downloaded, in order, with the digest that each must have once it is unpacked. */
  readonly layers: readonly {readonly path: string; readonly diffId: string}[];
  readonly tags: readonly string[];
}

const block = 512;
/** The size field of a header has 11 octal digits. */
const largest = 8 ** 11;

/** Unpacks the layers on the way and checks them against the configuration. */
export async function writeDockerArchive(path: string, content: ArchiveContent, signal: AbortSignal): Promise<Result<number, ImageFailure>> {
  const hex = (digest: string): string => digest.slice('sha256:'.length);
  const names = content.layers.map(({diffId}) => `${hex(diffId)}.tar`);
  const configName = `${hex(content.configDigest)}.json`;
  const manifest = Buffer.from(JSON.stringify([{Config: configName, RepoTags: content.tags, Layers: names}]));
  const file = await open(path, 'w');
  try {
    let at = await writeMember(file, 0, {name: 'manifest.json', bytes: manifest});
    at = await writeMember(file, at, {name: configName, bytes: content.config});
    for (const [i, layer] of content.layers.entries()) {
      // Equal layers have one file.
      if (names.indexOf(names[i]) < i) continue;
      if (signal.aborted) return failed({reason: 'interrupted', kept: 0});
      const start = at + block;
      const hash = createHash('sha256');
      let size = 0;
      for await (const chunk of unpacked(layer.path)) {
        hash.update(chunk as Buffer);
        await file.write(chunk as Buffer, 0, (chunk as Buffer).length, start + size);
        size += (chunk as Buffer).length;
      }
      const found = `sha256:${hash.digest('hex')}`;
      if (found !== layer.diffId) return failed({reason: 'digest-differs', what: `Layer ${i + 1} of the image`, expected: layer.diffId, found});
      await file.write(header(names[i], size), 0, block, at);
      at = start + padded(size);
    }
    // Two empty blocks end a tar.
    await file.truncate(at + 2 * block);
    await file.sync();
    return succeeded(at + 2 * block);
  } finally {
    await file.close();
  }
}

function unpacked(path: string): Readable {
  const signature = readStart(path, 4).toString('hex');
  const source = createReadStream(path, {highWaterMark: 1 << 20});
  const decoder: Transform | undefined = signature.startsWith('1f8b') ? createGunzip() : signature === '28b52ffd' ? createZstdDecompress() : undefined;
  if (decoder === undefined) return source;
  source.on('error', (error) => decoder.destroy(error));
  return source.pipe(decoder);
}

async function writeMember(file: FileHandle, at: number, member: {name: string; bytes: Uint8Array}): Promise<number> {
  await file.write(header(member.name, member.bytes.length), 0, block, at);
  await file.write(member.bytes, 0, member.bytes.length, at + block);
  return at + block + padded(member.bytes.length);
}

const padded = (size: number): number => Math.ceil(size / block) * block;

/** POSIX ustar header; its checksum is taken with the checksum's own field as spaces. */
function header(name: string, size: number): Buffer {
  if (size >= largest) throw new Error(`a layer of ${size} bytes is more than a tar member can hold`);
  const bytes = Buffer.alloc(block);
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;
  bytes.write(name, 0);
  bytes.write(octal(0o644, 7), 100);
  bytes.write(octal(0, 7), 108);
  bytes.write(octal(0, 7), 116);
  bytes.write(octal(size, 11), 124);
  bytes.write(octal(0, 11), 136);
  bytes.fill(' ', 148, 156);
  bytes.write('0', 156);
  bytes.write('ustar\x0000', 257, 'latin1');
  bytes.write(`${bytes.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, '0')}\0 `, 148);
  return bytes;
}
