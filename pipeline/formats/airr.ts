// AIRR Rearrangement TSV (airr-standards, schema 1.x), read and written.
import type {Rearrangement} from '../data/rearrangement.ts';
import {readTable, writeTable} from './delimited-text.ts';
import {FormatProblem} from '../base/format-problem.ts';
import {cellId, locusOf, present, readBoolean, readCount} from './receptor-cells.ts';

const columns = ['sequence_id', 'sequence', 'rev_comp', 'productive', 'v_call', 'd_call', 'j_call', 'c_call', 'sequence_alignment', 'germline_alignment', 'junction', 'junction_aa', 'v_cigar', 'd_cigar', 'j_cigar', 'locus', 'cell_id', 'sample_id', 'barcode', 'umi_count', 'consensus_count'];

/**
 * The file's cell_id is the barcode (a column `barcode` wins). Rows whose locus neither the file nor a call tells are left out and counted;
 * a row without a cell (bulk) is refused.
 */
export function readAirr(path: string, sampleId: string): {rearrangements: Rearrangement[]; nWithoutLocus: number} {
  const table = readTable(path);
  for (const name of ['sequence_id', 'cell_id', 'productive', 'v_call', 'j_call', 'junction', 'junction_aa']) {
    if (!table.columns.includes(name)) throw new FormatProblem(path, {found: `no column ${name}`, expected: 'an AIRR rearrangement TSV of single cells', advice: 'Export it with cell_id.', line: 1});
  }
  const rearrangements = table.rows.flatMap((row, k): Rearrangement[] => {
    const locus = locusOf(present(row.locus), present(row.c_call), present(row.j_call), present(row.v_call));
    const barcode = present(row.barcode) || present(row.cell_id);
    if (barcode === '') throw new FormatProblem(path, {found: 'a row without cell_id', expected: 'one cell_id a row', advice: 'Lymphline reads single-cell repertoires; leave bulk sequences out.', line: k + 2});
    if (locus === null) return [];
    return [{
      sequence_id: present(row.sequence_id), sequence: present(row.sequence), cell_id: cellId(sampleId, barcode), sample_id: sampleId, barcode, locus,
      productive: readBoolean(row.productive), v_call: present(row.v_call), d_call: present(row.d_call), j_call: present(row.j_call),
      c_call: present(row.c_call), junction: present(row.junction).toUpperCase(), junction_aa: present(row.junction_aa),
      // duplicate_count held UMIs in older 10x files (scirpy prefers umi_count).
      umi_count: readCount(row.umi_count) ?? readCount(row.duplicate_count), consensus_count: readCount(row.consensus_count),
    }];
  });
  return {rearrangements, nWithoutLocus: table.rows.length - rearrangements.length};
}

/** Every required column is present; those that we do not know are empty. `clones`: cell_id -> clone_id, for a column clone_id. */
export function writeAirr(path: string, rearrangements: readonly Rearrangement[], clones?: ReadonlyMap<string, string>): void {
  const rows = rearrangements.map((chain) => ({...chain, productive: chain.productive === null ? null : chain.productive ? 'T' : 'F', clone_id: clones?.get(chain.cell_id) ?? null}));
  writeTable(path, {columns: clones === undefined ? columns : [...columns, 'clone_id'], rows});
}
