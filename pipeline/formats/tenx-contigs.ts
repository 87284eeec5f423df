// 10x filtered_ or all_contig_annotations.csv. Its cdr3 includes the conserved residues: it is AIRR's junction.
import type {Rearrangement} from '../data/rearrangement.ts';
import {readTable} from './delimited-text.ts';
import {FormatProblem} from '../base/format-problem.ts';
import {cellId, locusOf, present, readBoolean, readCount} from './receptor-cells.ts';

export interface TenxContigs {
  readonly rearrangements: readonly Rearrangement[];
  /** Contigs left out, each under one reason. */
  readonly dropped: ReadonlyMap<string, number>;
}

/** Contigs of called cells, of high confidence and with a locus; a file without those columns is taken as filtered. */
export function readTenxContigs(path: string, sampleId: string): TenxContigs {
  const table = readTable(path);
  for (const name of ['barcode', 'contig_id', 'chain', 'v_gene', 'j_gene', 'productive', 'cdr3', 'cdr3_nt']) {
    if (!table.columns.includes(name)) throw new FormatProblem(path, {found: `no column ${name}`, expected: 'a 10x contig annotation CSV', advice: 'Give filtered_contig_annotations.csv of Cell Ranger.', line: 1});
  }
  const dropped = new Map<string, number>();
  const drop = (reason: string): [] => {
    dropped.set(reason, (dropped.get(reason) ?? 0) + 1);
    return [];
  };
  const rearrangements = table.rows.flatMap((row): Rearrangement[] => {
    const locus = locusOf(present(row.chain));
    const barcode = present(row.barcode);
    if (readBoolean(row.is_cell) === false) return drop('not a called cell');
    if (readBoolean(row.high_confidence) === false) return drop('low confidence');
    if (locus === null) return drop(present(row.chain) === '' ? 'no chain' : `chain ${present(row.chain)}`);
    return [{
      sequence_id: present(row.contig_id), sequence: '', cell_id: cellId(sampleId, barcode), sample_id: sampleId, barcode, locus,
      productive: readBoolean(row.productive), v_call: present(row.v_gene), d_call: present(row.d_gene), j_call: present(row.j_gene),
      c_call: present(row.c_gene), junction: present(row.cdr3_nt).toUpperCase(), junction_aa: present(row.cdr3),
      umi_count: readCount(row.umis), consensus_count: readCount(row.reads),
    }];
  });
  return {rearrangements, dropped};
}
