// The germline alleles that the run file names, checked against each other and against the library before IgBLAST sees them.
import {readText} from '../../pipeline/formats/delimited-text.ts';
import {readFasta} from '../../pipeline/formats/fasta.ts';
import {refuse} from '../../pipeline/step-runtime/run-step.ts';

/** First letters of a locus. */
export type Receptor = 'IG' | 'TR';
export type Segment = 'V' | 'D' | 'J';
export const segments: readonly Segment[] = ['V', 'D', 'J'];

/** What a library may hold. */
export function receptorsOf(library: string): readonly Receptor[] {
  return library === 'tcr' ? ['TR'] : library === 'bcr' ? ['IG'] : ['IG', 'TR'];
}

/** FASTA text of the alleles of each segment. */
export type SegmentTexts = Readonly<Record<Segment, string>>;

export interface Germlines {
  /** The receptors that the library may hold, as far as there are alleles. */
  readonly receptors: ReadonlyMap<Receptor, SegmentTexts>;
  /** Of the V alleles. */
  readonly loci: ReadonlySet<string>;
}

interface Allele {
  readonly name: string;
  readonly sequence: string;
}

/** Paths. */
export interface GermlineFiles {
  readonly alleles: Readonly<Record<Segment, string>>;
  readonly auxiliary: string;
}

/** `mayLack`: a receptor without V alleles is left out instead of refused. */
export async function readGermlines({alleles: files, auxiliary}: GermlineFiles, {library, mayLack}: {library: string; mayLack: boolean}): Promise<Germlines> {
  const alleles = {V: await readAlleles(files.V, 'V'), D: await readAlleles(files.D, 'D'), J: await readAlleles(files.J, 'J')};
  checkAuxiliary(auxiliary, files.J, alleles.J);
  const wanted = receptorsOf(library);
  const isThere = (receptor: Receptor): boolean => alleles.V.some(({name}) => name.startsWith(receptor));
  const receptors = wanted.filter((receptor) => !mayLack || isThere(receptor)).map((receptor) => [receptor, ofReceptor(receptor)] as const);
  return {receptors: new Map(receptors), loci: new Set(alleles.V.map(({name}) => name.slice(0, 3)))};

  function ofReceptor(receptor: Receptor): SegmentTexts {
    const texts = segments.map((segment) => {
      const own = alleles[segment].filter(({name}) => name.startsWith(receptor));
      if (own.length === 0) {
        refuse({
          input: files[segment], found: `${segment} alleles of ${lociOf(alleles[segment])} only`, expected: `${segment} alleles of ${receptor}, since the library is ${library}`,
          advice: `Name germlines of ${receptor === 'TR' ? 'T cell' : 'B cell'} receptors too in reference.germline_${segment.toLowerCase()}; several files can be joined into one.`,
        });
      }
      return [segment, own.map(({name, sequence}) => `>${name}\n${sequence}\n`).join('')] as const;
    });
    return Object.fromEntries(texts) as SegmentTexts;
  }
}

const lociOf = (alleles: readonly Allele[]): string => [...new Set(alleles.map(({name}) => name.slice(0, 3)))].sort().join(', ');

/** Names as IMGT gives them, alone or as the second field of IMGT's own headers (`M99641|IGHV1-18*01|Homo sapiens|…`). */
async function readAlleles(path: string, segment: Segment): Promise<Allele[]> {
  const alleles: Allele[] = [];
  const seen = new Set<string>();
  for await (const {name: header, sequence, line} of readFasta(path)) {
    const name = header.includes('|') ? header.split('|')[1] : header;
    if (!new RegExp(`^(IG[HKL]|TR[ABDG])${segment}`).test(name)) refuse({input: path, line, found: `the name ${name}`, expected: `a ${segment} allele, such as IGH${segment}1-2*01`, advice: `Give the ${segment} germlines alone, each with its IMGT name.`});
    if (seen.has(name)) refuse({input: path, line, found: `${name} for the second time`, expected: 'each allele once', advice: 'Remove one.'});
    seen.add(name);
    alleles.push({name, sequence: Buffer.from(sequence).toString('latin1')});
  }
  return alleles;
}

/** IgBLAST finds no junction for a J allele that the file does not list, and says nothing. */
function checkAuxiliary(path: string, germlinePath: string, alleles: readonly Allele[]): void {
  const listed = new Set(readText(path).split('\n').filter((line) => !line.startsWith('#')).map((line) => line.trim().split(/\s+/, 1)[0]));
  const missing = alleles.map(({name}) => name).filter((name) => !listed.has(name));
  if (missing.length === 0) return;
  refuse({
    input: path, found: `no line for ${missing.slice(0, 5).join(', ')}${missing.length > 5 ? ` and ${missing.length - 5} others` : ''} of ${germlinePath}`,
    expected: 'a line for every J allele: name, frame, chain, end of the CDR3, bases after the last codon', advice: 'Without it IgBLAST leaves their junctions empty. Add the lines, or leave the alleles out of reference.germline_j.',
  });
}
