// Two patients before and after an infusion, as reads, with two transgenes of the same build: leader and scFv of their own, then parts of three
// host genes. CAR_ORF ends where its frame ends, CAR_UTR goes on with 600 bases of the vector. Which cell holds which molecule is known.
import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {randomStream, type Random} from '../../pipeline/base/random.ts';
import {fastqText, writeGzip, type Mates} from './reads.ts';

export interface TransgeneCohort {
  readonly runFile: string;
  /** `<sample_id>_<barcode>` of the T cells that hold two molecules of the transgene. */
  readonly carriers: ReadonlyMap<string, readonly string[]>;
  /** Monocytes that got one molecule from their surroundings, by sample. */
  readonly ambient: ReadonlyMap<string, string>;
  readonly lineages: ReadonlyMap<string, string>;
}

const markers = {
  'T cell': 'CD3D CD3E CD3G CD247 CD2 CD5 CD6 CD28 TRAC LCK IL7R TCF7 CD27 BCL11B CD8A CD8B'.split(' '),
  'B cell': 'MS4A1 CD79A CD79B CD19 TNFRSF13C CD22 FCRLA FCRL1 VPREB3 HVCN1 BLK PAX5 FCER2 TCL1A'.split(' '),
  monocyte: 'CD14 LYZ S100A8 S100A9 S100A12 VCAN FCN1 CSF3R CST3 LST1 AIF1 SERPINA1 MNDA CD68'.split(' '),
};
type Lineage = keyof typeof markers;
const everywhere = Array.from({length: 40}, (_, k) => `HOUSE${k + 1}`);
const cellsOf: Readonly<Record<Lineage, number>> = {'T cell': 40, 'B cell': 20, monocyte: 20};
const samples = [['P1', 'baseline', null], ['P1', 'month1', 'CAR_ORF'], ['P2', 'baseline', null], ['P2', 'month1', 'CAR_UTR']] as const;

/** Two exons of 600 bases, all codons, with an intron of 200: a part cut at a multiple of three stays in frame. */
const exonLength = 600;
const readLength = 90;

export function writeTransgeneCohort(folder: string, seed: number): TransgeneCohort {
  mkdirSync(folder, {recursive: true});
  const random = randomStream(seed, 'transgene cohort');
  const transcripts = writeReference(folder, random);
  for (const [name, sequence] of buildTransgenes(transcripts, random)) transcripts.set(name, sequence);
  writeFileSync(join(folder, 'car.fa'), ['CAR_ORF', 'CAR_UTR'].map((name) => `>${name}\n${transcripts.get(name)}\n`).join(''));
  const barcodes = [...new Set(Array.from({length: 500}, () => bases(16, random)))];
  writeFileSync(join(folder, 'whitelist.txt'), barcodes.map((barcode) => `${barcode}\n`).join(''));
  const truth = {carriers: new Map<string, string[]>(), ambient: new Map<string, string>(), lineages: new Map<string, string>()};
  for (const [s, [patient, timepoint, transgene]] of samples.entries()) {
    const sample = `${patient}-${timepoint}`;
    const molecules = moleculesOf({sample, transgene, barcodes: barcodes.slice(100 * s, 100 * (s + 1)), truth, random});
    const mates = molecules.map(([barcode, gene], at): Mates => ({name: `M1:1:FC${s}:1:1101:${at + 1}:1`, read1: barcode + bases(12, random), read2: readOf(transcripts.get(gene) ?? '', random)}));
    for (const mate of [1, 2] as const) writeGzip(join(folder, `${sample}_R${mate}.fastq.gz`), fastqText(mates, mate));
  }
  return {runFile: writeRunFile(folder), ...truth};
}

function writeReference(folder: string, random: Random): Map<string, string> {
  const genes = [...everywhere, ...Object.values(markers).flat()];
  const transcripts = new Map<string, string>();
  const rows: string[] = [];
  const genome = [`>chr1\n`];
  let at = 0;
  for (const gene of genes) {
    const [first, second] = [codons(exonLength, random), codons(exonLength, random)];
    const piece = `${bases(300, random)}${first}GT${bases(196, random)}AG${second}`;
    for (const start of [at + 301, at + 301 + exonLength + 200]) rows.push(`chr1\ttest\texon\t${start}\t${start + exonLength - 1}\t.\t+\t.\tgene_id "ENS_${gene}"; transcript_id "ENS_${gene}_T"; gene_name "${gene}";\n`);
    transcripts.set(gene, first + second);
    genome.push(piece, '\n');
    at += piece.length;
  }
  writeFileSync(join(folder, 'genome.fa'), genome.join(''));
  writeFileSync(join(folder, 'genes.gtf'), rows.join(''));
  return transcripts;
}

/**
 * 999 bases of their own and 204 + 126 + 336 of the host: 40 % of the frame of 1,665 are shared. The CD8A part crosses its exons' border.
 * The two take different parts, or each would share with the other what it shares with the host.
 */
function buildTransgenes(transcripts: ReadonlyMap<string, string>, random: Random): (readonly [string, string])[] {
  const part = (gene: string, from: number, to: number): string => transcripts.get(gene)?.slice(from, to) ?? '';
  const frame = (cd8a: number, cd28: number, cd247: number): string => `ATG${codons(996, random)}${part('CD8A', cd8a, cd8a + 204)}${part('CD28', cd28, cd28 + 126)}${part('CD247', cd247, cd247 + 336)}TAA`;
  return [['CAR_ORF', frame(549, 999, 801)], ['CAR_UTR', frame(300, 744, 300) + bases(600, random)]];
}

type Truth = {readonly carriers: Map<string, string[]>; readonly ambient: Map<string, string>; readonly lineages: Map<string, string>};

/** Barcode and gene of each molecule: 80 a cell, a third of them of its lineage. */
function moleculesOf({sample, transgene, barcodes, truth, random}: {sample: string; transgene: string | null; barcodes: readonly string[]; truth: Truth; random: Random}): (readonly [string, string])[] {
  const lineages = (Object.keys(cellsOf) as Lineage[]).flatMap((lineage) => Array.from({length: cellsOf[lineage]}, () => lineage));
  const carriers: string[] = [];
  truth.carriers.set(sample, carriers);
  return lineages.flatMap((lineage, cell) => {
    const barcode = barcodes[cell];
    const cellId = `${sample}_${barcode}`;
    truth.lineages.set(cellId, lineage);
    const own = Array.from({length: 80}, (_, k) => (k % 3 === 0 ? pick(markers[lineage], random) : pick(everywhere, random)));
    const isCarrier = transgene !== null && lineage === 'T cell' && cell % 2 === 0;
    const isAmbient = transgene !== null && lineage === 'monocyte' && !truth.ambient.has(sample);
    if (isCarrier) carriers.push(cellId);
    if (isAmbient) truth.ambient.set(sample, cellId);
    const nTransgene = isCarrier ? 2 : isAmbient ? 1 : 0;
    return [...own, ...Array.from({length: nTransgene}, () => transgene ?? '')].map((gene) => [barcode, gene] as const);
  });
}

/** Of the 500 bases before the end of the transcript, with two errors in a thousand. */
function readOf(transcript: string, random: Random): string {
  const end = transcript.length - random.integer(500 - readLength + 1);
  return transcript.slice(end - readLength, end).replace(/./g, (base) => (random.uniform() < 0.002 ? 'ACGT'['TGCA'.indexOf(base)] : base));
}

function writeRunFile(folder: string): string {
  const sheet = samples.map(([patient, timepoint]) => {
    const sample = `${patient}-${timepoint}`;
    return [sample, patient, timepoint, timepoint === 'baseline' ? '-7' : '30', 'gex', '', `${sample}_R1.fastq.gz`, `${sample}_R2.fastq.gz`, '10x-3p-v3', 'whitelist.txt'].join('\t');
  });
  writeFileSync(join(folder, 'samples.tsv'), `sample_id\tpatient_id\ttimepoint\tday\tlibrary\tpath\tfastq_1\tfastq_2\tchemistry\twhitelist\n${sheet.join('\n')}\n`);
  const path = join(folder, 'run.yaml');
  writeFileSync(path, `lymphline: 1
name: transgene
samples: samples.tsv
timepoints: [baseline, month1]
contrasts: [{name: month1-vs-baseline, by: timepoint, before: baseline, after: month1}]
reference: {genome: genome.fa, genes: genes.gtf, extra: [car.fa]}
car: {features: [CAR_ORF, CAR_UTR], min_umi: 1}
steps:
  build-reference: {sjdb_overhang: 89}
  align: {cell_calling: none}
  qc: {min_genes: 20, mad: null}
`);
  return path;
}

const pick = <T>(items: readonly T[], random: Random): T => items[random.integer(items.length)];
const bases = (n: number, random: Random): string => Array.from({length: n}, () => 'ACGT'[random.integer(4)]).join('');

function codons(n: number, random: Random): string {
  let sequence = '';
  while (sequence.length < n) {
    const codon = bases(3, random);
    if (!['TAA', 'TAG', 'TGA'].includes(codon)) sequence += codon;
  }
  return sequence;
}
