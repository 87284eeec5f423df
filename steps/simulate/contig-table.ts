// Contigs in the columns of Cell Ranger's filtered_contig_annotations.csv.
import {translate, type Contig} from '../../pipeline/analysis/simulated-cohort/receptors.ts';
import type {Row} from '../../pipeline/data/table.ts';

export const contigColumns = [
  'barcode', 'is_cell', 'contig_id', 'high_confidence', 'length', 'chain', 'v_gene', 'd_gene', 'j_gene', 'c_gene', 'full_length', 'productive', 'cdr3', 'cdr3_nt', 'reads', 'umis', 'raw_clonotype_id', 'raw_consensus_id',
];

export function contigRows(cells: readonly {readonly barcode: string; readonly contigs: readonly Contig[]}[], library: 'tcr' | 'bcr'): Row[] {
  const prefix = library === 'tcr' ? 'TR' : 'IG';
  return cells.flatMap(({barcode, contigs}) =>
    contigs.filter((contig) => contig.locus.startsWith(prefix)).map((contig, i): Row => ({
      barcode, is_cell: 'true', contig_id: `${barcode}_contig_${i + 1}`, high_confidence: 'true', length: 420 + contig.junction.length, chain: contig.locus, v_gene: contig.v_gene,
      d_gene: contig.d_gene, j_gene: contig.j_gene, c_gene: contig.c_gene, full_length: 'true', productive: 'true', cdr3: translate(contig.junction), cdr3_nt: contig.junction,
      reads: contig.umis * 60, umis: contig.umis,
    })));
}
