// BD Rhapsody's per-cell-chain table (pipeline 1.x): one row a chain of a cell index, behind lines of comment. Its later AIRR tables are AIRR.
import type {Rearrangement} from '../data/rearrangement.ts';
import {readTable} from './delimited-text.ts';
import {cellId, dropCounter, locusOf, present, readBoolean, readCount, type ReadReceptors} from './receptor-cells.ts';

export function isRhapsody(columns: readonly string[]): boolean {
  return ['Cell_Index', 'Chain_Type', 'CDR3_Nucleotide', 'CDR3_Translation'].every((name) => columns.includes(name));
}

const lociOfChains: Readonly<Record<string, string>> = {
  TCR_Alpha: 'TRA', TCR_Beta: 'TRB', TCR_Gamma: 'TRG', TCR_Delta: 'TRD', BCR_Heavy: 'IGH', BCR_Kappa: 'IGK', BCR_Lambda: 'IGL', Ig_Heavy: 'IGH', Ig_Kappa: 'IGK', Ig_Lambda: 'IGL',
};

/**
 * Chains of putative cells. The table has no junction: its CDR3 lies between the two conserved residues, and what encodes them is not told. It stands
 * in junction as it is, so that clones are exact within the platform and never match those of another.
 */
export function readRhapsody(path: string, sampleId: string): ReadReceptors {
  const {dropped, drop} = dropCounter();
  const rearrangements = readTable(path).rows.flatMap((row, k): Rearrangement[] => {
    if (readBoolean(row['Putative']) === false) return drop('not a called cell');
    const [v_call, d_call, j_call, c_call] = ['V_gene', 'D_gene', 'J_gene', 'C_gene'].map((name) => present(row[name]));
    const locus = locusOf(lociOfChains[present(row['Chain_Type'])] ?? '', c_call, j_call, v_call);
    if (locus === null) return drop('no locus');
    const barcode = present(row['Cell_Index']);
    return [{
      sequence_id: `${barcode}_chain_${k + 1}`, sequence: '', cell_id: cellId(sampleId, barcode), sample_id: sampleId, barcode, locus, productive: readBoolean(row['Productive']),
      v_call, d_call, j_call, c_call, junction: present(row['CDR3_Nucleotide']).toUpperCase(), junction_aa: present(row['CDR3_Translation']),
      umi_count: readCount(row['Molecule_Count']), consensus_count: readCount(row['Read_Count']),
    }];
  });
  return {rearrangements, dropped};
}
