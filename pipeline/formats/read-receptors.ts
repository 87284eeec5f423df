// Receptor chains of one library from whatever tool wrote them.
import {readAirr} from './airr.ts';
import type {ReadReceptors} from './receptor-cells.ts';
import {sniffReceptors, type ReceptorKind} from './sniff.ts';
import {readTenxContigs, readTenxContigsJson} from './tenx-contigs.ts';
import {readTrust4Report} from './trust4.ts';

const readers: Readonly<Record<ReceptorKind, (path: string, sampleId: string) => ReadReceptors>> = {
  'tenx-contigs': readTenxContigs, 'tenx-contigs-json': readTenxContigsJson, airr: readAirr, 'trust4-report': readTrust4Report,
};

/** `path`: the file that was read, which may lie inside the folder that was given. */
export async function readReceptors(given: string, sampleId: string): Promise<ReadReceptors & {readonly path: string}> {
  const {kind, path} = await sniffReceptors(given);
  return {...readers[kind](path, sampleId), path};
}
