// Receptor chains of one library from whatever tool wrote them.
import {readAirr} from './airr.ts';
import type {ReadReceptors} from './receptor-cells.ts';
import {readRhapsody} from './rhapsody.ts';
import {readScirpy} from './scirpy.ts';
import {sniffReceptors, type ReceptorKind} from './sniff.ts';
import {readTenxContigs, readTenxContigsJson} from './tenx-contigs.ts';
import {findContigs, isFolder} from './tool-folders.ts';
import {readTrust4Report} from './trust4.ts';

const readers: Readonly<Record<ReceptorKind, (path: string, sampleId: string) => ReadReceptors | Promise<ReadReceptors>>> = {
  'tenx-contigs': readTenxContigs, 'tenx-contigs-json': readTenxContigsJson, airr: readAirr, 'trust4-report': readTrust4Report, rhapsody: readRhapsody, scirpy: readScirpy,
};

/** `library`: which receptor is taken from a folder that holds both. `path`: the file that was read, which may lie inside the folder that was given. */
export async function readReceptors(given: string, sampleId: string, library = 'vdj'): Promise<ReadReceptors & {readonly path: string}> {
  const paths = isFolder(given) ? findContigs(given, library) : [given];
  const parts: ReadReceptors[] = [];
  for (const path of paths) parts.push(await readers[await sniffReceptors(path)](path, sampleId));
  const dropped = new Map<string, number>();
  for (const part of parts) for (const [reason, n] of part.dropped) dropped.set(reason, (dropped.get(reason) ?? 0) + n);
  return {rearrangements: parts.flatMap((part) => part.rearrangements), dropped, path: paths.length === 1 ? paths[0] : given};
}
