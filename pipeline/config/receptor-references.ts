// What receptor libraries need of `reference`: germlines for contigs, receptor genes for reads. Found before anything starts: a step without its
// reference is not planned, and its library would be missing from the results without a word.
import type {Failure} from '../model/failure.ts';
import {isGap, readFiles, type SampleRow} from './sample-row.ts';
import type {PlaceOf} from './schema-failures.ts';

const germlineKeys: Readonly<Record<string, string>> = {
  germline_v: 'Name the FASTA of the V alleles.',
  germline_d: 'Name the FASTA of the D alleles; IgBLAST wants one for light chains too.',
  germline_j: 'Name the FASTA of the J alleles.',
  germline_auxiliary: 'Name the auxiliary file of IgBLAST (frame and CDR3 end of each J allele): without it every junction would be empty.',
};
const readKeys: Readonly<Record<string, string>> = {receptor_genes: 'Name the FASTA that TRUST4 takes with -f, such as hg38_bcrtcr.fa of its own distribution.'};

export interface ReceptorReferenceQuestion {
  readonly rows: readonly SampleRow[];
  /** The value of `reference` in the run file. */
  readonly reference: unknown;
  readonly placeOf: PlaceOf;
}

/** Some germline keys without the others are a mistake in any run. */
export function receptorReferenceFailures({rows, reference, placeOf}: ReceptorReferenceQuestion): Failure[] {
  const given = (typeof reference === 'object' && reference !== null ? reference : {}) as Readonly<Record<string, unknown>>;
  const receptors = rows.filter((row) => !isGap(row) && ['tcr', 'bcr', 'vdj'].includes(row.library.library));
  const first = (column: string): SampleRow | undefined => receptors.find(({source}) => readFiles(source.cells[column] ?? '').length > 0);
  const withContigs = first('contigs');
  // A library whose contigs are there needs no assembly; its reads are checked, and no more.
  const assembled = new Set(receptors.filter(({source}) => readFiles(source.cells['contigs'] ?? '').length > 0).map(({library}) => library.library_id));
  const withReads = receptors.find(({library, source}) => readFiles(source.cells['fastq_1'] ?? '').length > 0 && !assembled.has(library.library_id));
  const germlinesAreNamed = Object.keys(germlineKeys).some((key) => key in given);
  const failuresOf = (keys: Readonly<Record<string, string>>, asker: SampleRow | undefined, column: string): Failure[] => {
    const what = column === 'contigs' ? 'contigs' : `reads of a ${asker?.library.library ?? ''} library`;
    if (reference === undefined && asker !== undefined) {
      const example = Object.keys(keys).map((key) => `${key}: …`).join(', ');
      return [{reason: 'sheet-invalid', place: asker.source.placeOf(column), found: `${what}, though the run file has no reference`, expected: '', advice: `Add \`reference: {${example}}\` to the run file.`}];
    }
    const why = asker === undefined ? 'though it has other germline keys' : `though row ${asker.source.line} of the samples sheet names ${what}`;
    return Object.entries(keys).filter(([key]) => !(key in given)).map(([key, advice]) => ({reason: 'config-invalid', place: placeOf(['reference'], 'key'), found: `reference has no ${key}, ${why}`, expected: '', advice}));
  };
  return [
    ...(withContigs !== undefined || germlinesAreNamed ? failuresOf(germlineKeys, withContigs, 'contigs') : []),
    ...(withReads === undefined ? [] : failuresOf(readKeys, withReads, 'fastq_1')),
  ];
}
