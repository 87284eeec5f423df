// TRUST4's barcode report: one row a cell, its chains as comma lists. Its barcode_airr.tsv needs no reader of its own: it is AIRR.
import type {Rearrangement} from '../data/rearrangement.ts';
import type {Row} from '../data/table.ts';
import {FormatProblem} from '../base/format-problem.ts';
import {readTable} from './delimited-text.ts';
import {cellId, dropCounter, locusOf, present, type ReadReceptors} from './receptor-cells.ts';

/** `#barcode` as TRUST4 writes it; R makes `X.barcode` of it, Python mostly `barcode`. */
const barcodeNames = ['#barcode', 'X.barcode', 'barcode'];
const chainNames = ['chain1', 'chain2', 'secondary_chain1', 'secondary_chain2'];

export function isTrust4Report(columns: readonly string[]): boolean {
  return barcodeNames.some((name) => columns.includes(name)) && chainNames.every((name) => columns.includes(name));
}

/**
 * chain1 and chain2 of each barcode, which are what barcode_airr.tsv holds too. The chains that TRUST4 calls secondary are left out and counted:
 * most are ambient, and a cell with three chains in an arm would be taken for a doublet. TRUST4 does not call cells: barcodes without one stay.
 */
export function readTrust4Report(path: string, sampleId: string): ReadReceptors {
  const table = readTable(path);
  const barcodeName = barcodeNames.find((name) => table.columns.includes(name)) ?? '';
  const {dropped, drop} = dropCounter();
  const rearrangements = table.rows.flatMap((row, k): Rearrangement[] => {
    const barcode = present(row[barcodeName]);
    if (barcode === '') throw new FormatProblem(path, {found: 'a row without a barcode', expected: 'a barcode report of TRUST4', advice: 'Give PREFIX_barcode_report.tsv as TRUST4 wrote it.', line: k + 2});
    for (const name of ['secondary_chain1', 'secondary_chain2']) for (const _ of listOf(row, name, ';')) drop('secondary chain');
    return ['chain1', 'chain2'].flatMap((name): Rearrangement[] => {
      const fields = listOf(row, name, ',');
      if (fields.length === 0) return [];
      // What follows the consensus differs between versions and is not needed.
      if (fields.length < 8) throw new FormatProblem(path, {found: `${name} with ${fields.length} fields`, expected: 'V,D,J,C,cdr3_nt,cdr3_aa,read_cnt,consensus_id,…', advice: 'Give PREFIX_barcode_report.tsv as TRUST4 wrote it.', line: k + 2});
      return chainOf({fields, barcode, sampleId, drop});
    });
  });
  return {rearrangements, dropped};
}

/** `*` is none. */
function listOf(row: Row, name: string, separator: string): string[] {
  const text = present(row[name]);
  return text === '' || text === '*' ? [] : text.split(separator);
}

function chainOf({fields, barcode, sampleId, drop}: {fields: readonly string[]; barcode: string; sampleId: string; drop: (reason: string) => []}): Rearrangement[] {
  const [v_call, d_call, j_call, c_call, junction, aa, reads, sequence_id] = fields.map((field) => (field === '*' ? '' : field));
  const locus = locusOf(c_call, j_call, v_call);
  if (locus === null) return drop('no locus');
  if (aa === 'partial' || junction === '') return drop('partial junction');
  const isInFrame = aa !== 'out_of_frame' && aa !== '';
  return [{
    sequence_id, sequence: '', cell_id: cellId(sampleId, barcode), sample_id: sampleId, barcode, locus, v_call, d_call, j_call, c_call, junction: junction.toUpperCase(),
    // `_` is TRUST4's stop codon, `?` a codon with an N.
    junction_aa: isInFrame ? aa.replaceAll('_', '*').replaceAll('?', 'X') : '',
    productive: !isInFrame || aa.includes('_') ? false : aa.includes('?') ? null : true,
    // An expectation, such as 3.62, of reads or (with --UMI) UMIs: the report does not say of which. Cut as in TRUST4's own barcode_airr.tsv.
    umi_count: null, consensus_count: Math.max(1, Math.trunc(Number(reads))),
  }];
}
