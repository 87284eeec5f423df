// 10x filtered_ or all_contig_annotations, as CSV or as the JSON that Cell Ranger writes beside it. Its cdr3 includes the conserved residues: it
// is AIRR's junction.
import {statSync} from 'node:fs';
import type {Rearrangement} from '../data/rearrangement.ts';
import type {Row} from '../data/table.ts';
import {readTable, readText} from './delimited-text.ts';
import {FormatProblem} from '../base/format-problem.ts';
import {cellId, distrustOf, dropCounter, locusOf, present, readBoolean, readCount, type ReadReceptors} from './receptor-cells.ts';

/** Contigs of called cells, of high confidence and with a locus; a file without those columns is taken as filtered. */
export function readTenxContigs(path: string, sampleId: string): ReadReceptors {
  const table = readTable(path);
  for (const name of ['barcode', 'contig_id', 'chain', 'v_gene', 'j_gene', 'productive', 'cdr3', 'cdr3_nt']) {
    if (!table.columns.includes(name)) throw new FormatProblem(path, {found: `no column ${name}`, expected: 'a 10x contig annotation CSV', advice: 'Give filtered_contig_annotations.csv of Cell Ranger.', line: 1});
  }
  return readContigRows(table.rows.map((row) => ({row, sequence: ''})), sampleId);
}

function readContigRows(contigs: readonly {readonly row: Row; readonly sequence: string}[], sampleId: string): ReadReceptors {
  const {dropped, drop} = dropCounter();
  const rearrangements = contigs.flatMap(({row, sequence}): Rearrangement[] => {
    const locus = locusOf(present(row.chain));
    const barcode = present(row.barcode);
    const distrust = distrustOf(row);
    if (distrust !== undefined) return drop(distrust);
    if (locus === null) return drop(present(row.chain) === '' ? 'no chain' : `chain ${present(row.chain)}`);
    return [{
      sequence_id: present(row.contig_id), sequence, cell_id: cellId(sampleId, barcode), sample_id: sampleId, barcode, locus,
      productive: readBoolean(row.productive), v_call: present(row.v_gene), d_call: present(row.d_gene), j_call: present(row.j_gene),
      c_call: present(row.c_gene), junction: present(row.cdr3_nt).toUpperCase(), junction_aa: present(row.cdr3),
      umi_count: readCount(row.umis), consensus_count: readCount(row.reads),
    }];
  });
  return {rearrangements, dropped};
}

interface JsonContig {
  readonly barcode?: string;
  readonly contig_name?: string;
  readonly sequence?: string;
  readonly is_cell?: boolean | null;
  readonly high_confidence?: boolean | null;
  readonly productive?: boolean | null;
  readonly cdr3?: string | null;
  readonly cdr3_seq?: string | null;
  readonly read_count?: number | null;
  readonly umi_count?: number | null;
  readonly annotations?: readonly {readonly feature: {readonly chain: string; readonly gene_name: string; readonly region_type: string}}[];
}

/** A text longer than Node can hold is refused: the CSV beside it says the same in a hundredth of the room. */
const longestJson = 500e6;

/** all_contig_annotations.json: what the CSV says, and the sequence. */
export function readTenxContigsJson(path: string, sampleId: string): ReadReceptors {
  if (statSync(path).size > longestJson) throw new FormatProblem(path, {found: 'a JSON file of more than 500 MB', expected: 'a contig table', advice: 'Give all_contig_annotations.csv, which lies beside it and says the same.'});
  const contigs = parseJson(path);
  const at = contigs.findIndex((contig) => typeof contig?.barcode !== 'string' || typeof contig.contig_name !== 'string' || !Array.isArray(contig.annotations));
  if (at >= 0) throw new FormatProblem(path, {found: `contig ${at + 1} without barcode, contig_name or annotations`, expected: 'all_contig_annotations.json of Cell Ranger', advice: 'Give the file as Cell Ranger wrote it.'});
  return readContigRows(contigs.map((contig) => ({row: rowOf(contig), sequence: contig.sequence ?? ''})), sampleId);
}

function parseJson(path: string): readonly JsonContig[] {
  try {
    const content = JSON.parse(readText(path)) as unknown;
    return Array.isArray(content) ? (content as JsonContig[]) : [];
  } catch (error) {
    if (error instanceof FormatProblem) throw error;
    throw new FormatProblem(path, {found: `JSON that does not parse (${(error as Error).message})`, expected: 'all_contig_annotations.json of Cell Ranger', advice: 'Copy the file again.'});
  }
}

/** As the CSV has it: `chain` is the one that all genes agree on, else Multi. */
function rowOf({annotations = [], ...contig}: JsonContig): Row {
  const gene = (...regions: string[]): string => annotations.find(({feature}) => regions.includes(feature.region_type))?.feature.gene_name ?? '';
  const chains = new Set(annotations.filter(({feature}) => feature.region_type !== "5'UTR" && feature.region_type !== 'D-REGION').map(({feature}) => feature.chain));
  const text = (value: boolean | string | number | null | undefined): string | null => (value === null || value === undefined ? null : String(value));
  return {
    barcode: text(contig.barcode), contig_id: text(contig.contig_name), is_cell: text(contig.is_cell), high_confidence: text(contig.high_confidence), productive: text(contig.productive),
    chain: chains.size > 1 ? 'Multi' : ([...chains][0] ?? ''), v_gene: gene('L-REGION+V-REGION', 'V-REGION'), d_gene: gene('D-REGION'), j_gene: gene('J-REGION'), c_gene: gene('C-REGION'),
    cdr3: text(contig.cdr3), cdr3_nt: text(contig.cdr3_seq), reads: text(contig.read_count), umis: text(contig.umi_count),
  };
}
