// The values of long arrays, put behind a file whose datasets the library made without any: gzip by the machine's own code in threads instead of WebAssembly's, and no
// copy of an array in the library's memory (HDF5 File Format Specification 3.0, II.A, III.A, IV.A). Knows the file version that hdf5-write.ts asks for, and no other.
import {closeSync, fstatSync, openSync, readSync, writeSync} from 'node:fs';
import {promisify} from 'node:util';
import {deflate} from 'node:zlib';
import {layoutMessage, openBytes} from './hdf5-layout.ts';
import type {Numbers} from './hdf5.ts';

export interface AppendedArray {
  /** Address of the object header of its dataset, which has one dimension, chunks and gzip as its only filter. */
  readonly header: number;
  readonly data: Numbers;
  /** Elements of a chunk. */
  readonly chunkLength: number;
}

interface Chunk {
  /** First element. */
  readonly first: number;
  readonly address: number;
  readonly bytes: number;
}

const level = 1;
/** Several chunks side by side are what makes it fast; more of them are only more memory. */
const atOnce = 16;
const deflateAside = promisify(deflate);

/** The same bytes whatever the number of threads: chunks lie in the order of the array. */
export async function appendArrays(path: string, arrays: readonly AppendedArray[]): Promise<void> {
  if (arrays.length === 0) return;
  const file = openSync(path, 'r+');
  try {
    const superblock = Buffer.alloc(48);
    readSync(file, superblock, 0, 48, 0);
    const end = Number(superblock.readBigUInt64LE(40));
    // Version 0 with lengths and offsets of 8 bytes: what the library writes when it is asked for the earliest.
    if (superblock[8] !== 0 || superblock[13] !== 8 || end !== fstatSync(file).size) throw new Error(`${path} is not of the HDF5 version that is written here`);
    let at = end;
    const append = (bytes: Uint8Array): number => {
      writeSync(file, bytes, 0, bytes.length, at);
      at += bytes.length;
      return at - bytes.length;
    };
    for (const array of arrays) {
      const root = appendTree(await appendChunks(array, append), array, append);
      writeSync(file, addressBytes(root), 0, 8, placeOfTree(path, array.header));
    }
    writeSync(file, addressBytes(at), 0, 8, 40);
  } finally {
    closeSync(file);
  }
}

async function appendChunks({data, chunkLength}: AppendedArray, append: (bytes: Uint8Array) => number): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  const pending: Promise<Buffer>[] = [];
  const nChunks = Math.ceil(data.length / chunkLength);
  for (let next = 0; chunks.length < nChunks; ) {
    for (; next < nChunks && pending.length < atOnce; next++) pending.push(deflateAside(chunkBytes(data, next * chunkLength, chunkLength), {level}));
    const bytes = await pending[0];
    pending.shift();
    chunks.push({first: chunks.length * chunkLength, address: append(bytes), bytes: bytes.length});
  }
  // What follows begins at a multiple of 8, as the library has it.
  const last = chunks[chunks.length - 1];
  append(new Uint8Array((8 - ((last.address + last.bytes) % 8)) % 8));
  return chunks;
}

/** A last chunk that hangs over the end is filled with zeros. */
function chunkBytes(data: Numbers, first: number, length: number): Uint8Array {
  const own = data.subarray(first, first + length);
  const bytes = new Uint8Array(own.buffer, own.byteOffset, own.byteLength);
  if (own.length === length) return bytes;
  const filled = new Uint8Array(length * data.BYTES_PER_ELEMENT);
  filled.set(bytes);
  return filled;
}

/** Children of a node: twice the rank of chunk indices, which is 32 in a superblock of version 0. */
const widest = 64;
const keyBytes = 24;
const nodeBytes = 24 + widest * 8 + (widest + 1) * keyBytes;
const nowhere = 0xffffffffffffffffn;

/** A B-tree of version 1 over the chunks, leaves first; the address of its root. */
function appendTree(chunks: readonly Chunk[], {data, chunkLength}: AppendedArray, append: (bytes: Uint8Array) => number): number {
  let children = chunks;
  for (let depth = 0; ; depth++) {
    const nodes = Array.from({length: Math.ceil(children.length / widest)}, (_, k) => children.slice(k * widest, (k + 1) * widest));
    const start = append(new Uint8Array(0));
    const ends = nodes.map((_, k) => nodes[k + 1]?.[0].first ?? chunks[chunks.length - 1].first + chunkLength);
    children = nodes.map((own, k) => {
      const neighbours = [k - 1, k + 1].map((other) => (other >= 0 && other < nodes.length ? BigInt(start + other * nodeBytes) : nowhere));
      return {...own[0], address: append(nodeOf(own, {depth, neighbours, end: ends[k], elementSize: data.BYTES_PER_ELEMENT}))};
    });
    if (children.length === 1) return children[0].address;
  }
}

function nodeOf(children: readonly Chunk[], {depth, neighbours, end, elementSize}: {depth: number; neighbours: readonly bigint[]; end: number; elementSize: number}): Uint8Array {
  const node = Buffer.alloc(nodeBytes);
  node.write('TREE', 'latin1');
  // Node type 1: chunks.
  node[4] = 1;
  node[5] = depth;
  node.writeUInt16LE(children.length, 6);
  node.writeBigUInt64LE(neighbours[0], 8);
  node.writeBigUInt64LE(neighbours[1], 16);
  children.forEach(({first, address, bytes}, k) => {
    const at = 24 + k * (keyBytes + 8);
    node.writeUInt32LE(bytes, at);
    node.writeBigUInt64LE(BigInt(first), at + 8);
    node.writeBigUInt64LE(BigInt(address), at + keyBytes);
  });
  // The key behind the last child: where the next chunk would begin, one element further in the dimension of an element's bytes.
  const at = 24 + children.length * (keyBytes + 8);
  node.writeBigUInt64LE(BigInt(end), at + 8);
  node.writeBigUInt64LE(BigInt(elementSize), at + 16);
  return node;
}

/** Where the layout message of a dataset has the address of its tree: behind version 3, class 2 (chunks) and the number of dimensions. */
function placeOfTree(path: string, header: number): number {
  const file = openBytes(path);
  try {
    const layout = layoutMessage(file, header);
    if (layout === undefined || layout.body[0] !== 3 || layout.body[1] !== 2 || layout.body.readBigUInt64LE(3) !== nowhere) throw new Error(`${path} has no empty chunked dataset at ${header}`);
    return layout.at + 3;
  } finally {
    file.close();
  }
}

function addressBytes(address: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(address));
  return bytes;
}
