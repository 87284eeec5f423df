// AIRR Rearrangement TSV (airr-standards, schema 1.x), read and written.
import type {GermlineAlignment, Rearrangement} from '../data/rearrangement.ts';
import type {Row} from '../data/table.ts';
import {openTable, writeTable} from './delimited-text.ts';
import {FormatProblem} from '../base/format-problem.ts';
import {cellId, distrustOf, dropCounter, locusOf, present, readBoolean, readCount, type ReadReceptors} from './receptor-cells.ts';

const columns = [
  'sequence_id', 'sequence', 'rev_comp', 'productive', 'v_call', 'd_call', 'j_call', 'c_call', 'sequence_alignment', 'germline_alignment', 'junction', 'junction_aa',
  'v_cigar', 'd_cigar', 'j_cigar', 'locus', 'cell_id', 'sample_id', 'barcode', 'umi_count', 'consensus_count',
  // AIRR has a name for the identity only; the mutations are ours.
  'v_identity', 'v_mutation_count', 'v_mutation_frequency',
];

/**
 * The file's cell_id is the barcode (a column `barcode` wins). Rows whose locus neither the file nor a call tells are left out and counted,
 * as are those that is_cell or high_confidence (10x has them) speaks against; a row without a cell (bulk) is refused.
 */
export function readAirr(path: string, sampleId: string): ReadReceptors {
  const table = openTable(path);
  for (const name of ['sequence_id', 'cell_id', 'productive', 'v_call', 'j_call', 'junction', 'junction_aa']) {
    if (!table.columns.includes(name)) throw new FormatProblem(path, {found: `no column ${name}`, expected: 'an AIRR rearrangement TSV of single cells', advice: 'Export it with cell_id.', line: 1});
  }
  const {dropped, drop} = dropCounter();
  // A few hundred calls stand in millions of rows: one string each.
  const calls = new Map<string, string>();
  const once = (call: string): string => calls.get(call) ?? (calls.set(call, call), call);
  let line = 1;
  const rearrangementOf = (row: Row): readonly Rearrangement[] => {
    line++;
    const locus = locusOf(present(row.locus), present(row.c_call), present(row.j_call), present(row.v_call));
    const barcode = present(row.barcode) || present(row.cell_id);
    if (barcode === '') throw new FormatProblem(path, {found: 'a row without cell_id', expected: 'one cell_id a row', advice: 'Lymphline reads single-cell repertoires; leave bulk sequences out.', line});
    const distrust = distrustOf(row);
    if (distrust !== undefined) return drop(distrust);
    if (locus === null) return drop('no locus');
    const alignment = alignmentOf(row);
    return [{
      sequence_id: present(row.sequence_id), sequence: present(row.sequence), cell_id: cellId(sampleId, barcode), sample_id: sampleId, barcode, locus,
      productive: readBoolean(row.productive), v_call: once(present(row.v_call)), d_call: once(present(row.d_call)), j_call: once(present(row.j_call)),
      c_call: once(present(row.c_call)), junction: present(row.junction).toUpperCase(), junction_aa: present(row.junction_aa),
      // duplicate_count held UMIs in older 10x files (scirpy prefers umi_count).
      umi_count: readCount(row.umi_count) ?? readCount(row.duplicate_count), consensus_count: readCount(row.consensus_count),
      ...(alignment === undefined ? {} : {alignment}),
    }];
  };
  const rearrangements: Rearrangement[] = [];
  for (const row of table.rows) for (const rearrangement of rearrangementOf(row)) rearrangements.push(rearrangement);
  return {rearrangements, dropped};
}

function alignmentOf(row: Row): GermlineAlignment | undefined {
  const identity = readCount(row.v_identity);
  const alignment = {
    rev_comp: readBoolean(row.rev_comp), sequence_alignment: present(row.sequence_alignment), germline_alignment: present(row.germline_alignment),
    v_cigar: present(row.v_cigar), d_cigar: present(row.d_cigar), j_cigar: present(row.j_cigar),
    // AIRR's is a fraction; IgBLAST and TRUST4 write per cent. No V gene is found by 1 % of equal bases.
    v_identity: identity !== null && identity > 1 ? identity / 100 : identity,
    v_mutation_count: readCount(row.v_mutation_count), v_mutation_frequency: readCount(row.v_mutation_frequency),
  };
  return Object.values(alignment).every((value) => value === null || value === '') ? undefined : alignment;
}

/** Every required column is present; those that we do not know are empty. `clones`: cell_id -> clone_id, for a column clone_id. */
export function writeAirr(path: string, rearrangements: readonly Rearrangement[], clones?: ReadonlyMap<string, string>): void {
  const rows = rearrangements.map(({alignment, ...chain}): Row => ({
    ...chain, ...alignment, productive: letterOf(chain.productive), rev_comp: letterOf(alignment?.rev_comp ?? null), clone_id: clones?.get(chain.cell_id) ?? null,
  }));
  writeTable(path, {columns: clones === undefined ? columns : [...columns, 'clone_id'], rows});
}

/** AIRR's spelling of a boolean. */
export function letterOf(value: boolean | null): string | null {
  return value === null ? null : value ? 'T' : 'F';
}
