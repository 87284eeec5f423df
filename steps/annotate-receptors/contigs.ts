// The contigs of a library and what a table beside them knows: counts, constant gene, and which of them are to be trusted.
import {statSync} from 'node:fs';
import type {Rearrangement} from '../../pipeline/data/rearrangement.ts';
import {readText} from '../../pipeline/formats/delimited-text.ts';
import {readFasta} from '../../pipeline/formats/fasta.ts';
import {isFasta} from '../../pipeline/formats/sniff.ts';
import {readReceptors} from '../../pipeline/formats/read-receptors.ts';
import {refuse} from '../../pipeline/step-runtime/run-step.ts';

export interface Contig {
  readonly sequence_id: string;
  readonly barcode: string;
  readonly sequence: string;
  /** What a table says of it; undefined where there is none. */
  readonly told?: Rearrangement;
  /** It comes from a table of chains (TRUST4's), whose calls stand where there are no germlines of its locus. */
  readonly isAssembled?: boolean;
}

/** FASTA, or an AIRR table with sequences; in order of their names. A library without contigs is a result: B cells can be gone. */
export async function readContigs(paths: readonly string[], sampleId: string): Promise<Contig[]> {
  const contigs: Contig[] = [];
  for (const path of paths.filter((one) => !isEmpty(one))) contigs.push(...(isFasta(path) ? await contigsOfFasta(path) : await contigsOfTable(path, sampleId)));
  return contigs.sort((a, b) => (a.sequence_id < b.sequence_id ? -1 : 1));
}

async function contigsOfFasta(path: string): Promise<Contig[]> {
  const contigs: Contig[] = [];
  for await (const {name, sequence, line} of readFasta(path)) {
    const barcode = barcodeOf(name);
    if (barcode === undefined) refuse({input: path, line, found: `the contig ${name}`, expected: 'a name that begins with the barcode: <barcode>_contig_<n> (Cell Ranger) or <barcode>_<n> (TRUST4)', advice: 'Give the FASTA as the assembler wrote it; contigs of bulk samples have no cell.'});
    contigs.push({sequence_id: name, barcode, sequence: Buffer.from(sequence).toString('latin1')});
  }
  return contigs;
}

async function contigsOfTable(path: string, sampleId: string): Promise<Contig[]> {
  const {rearrangements} = await readReceptors(path, sampleId);
  return rearrangements.map((told) => {
    const {sequence_id, barcode, sequence} = told;
    if (sequence === '') refuse({input: path, found: `${sequence_id} without a sequence`, expected: 'contigs as FASTA, or an AIRR table with the column sequence', advice: 'Name the FASTA in contigs, and this table in path.'});
    return {sequence_id, barcode, sequence, told, isAssembled: true};
  });
}

const barcodeOf = (name: string): string | undefined => /^(.+?)(?:_contig)?_\d+$/.exec(name)?.[1];

function isEmpty(path: string): boolean {
  return statSync(path).size < 100 && readText(path).trim() === '';
}

/** The contigs that the table keeps (called cells, high confidence, one locus), each with what it says. */
export async function withTable(contigs: readonly Contig[], tablePath: string | undefined, sampleId: string): Promise<{contigs: readonly Contig[]; nLeftOut: number}> {
  if (tablePath === undefined) return {contigs, nLeftOut: 0};
  const {rearrangements, path} = await readReceptors(tablePath, sampleId);
  const told = new Map(rearrangements.map((chain) => [chain.sequence_id, chain]));
  const kept = contigs.flatMap((contig): Contig[] => {
    const chain = told.get(contig.sequence_id);
    return chain === undefined ? [] : [{...contig, told: chain}];
  });
  if (kept.length === 0 && contigs.length > 0 && told.size > 0) {
    refuse({input: path, found: `none of the ${contigs.length} contigs, such as ${contigs[0].sequence_id}, among its ${told.size}, such as ${[...told.keys()][0]}`, expected: 'the annotation of the same contigs', advice: 'path and contigs of a row are of one library: name both files of the same Cell Ranger run.'});
  }
  return {contigs: kept, nLeftOut: contigs.length - kept.length};
}
