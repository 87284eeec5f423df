// One receptor chain of one cell, in AIRR's field names (AIRR Rearrangement schema 1.x).

export type Locus = 'IGH' | 'IGK' | 'IGL' | 'TRA' | 'TRB' | 'TRD' | 'TRG';

export interface Rearrangement {
  readonly sequence_id: string;
  /** Empty where the input has none (10x contig CSV). */
  readonly sequence: string;
  /** `<sample_id>_<barcode>` (or with gem_well between). */
  readonly cell_id: string;
  readonly sample_id: string;
  readonly barcode: string;
  readonly locus: Locus;
  readonly productive: boolean | null;
  readonly v_call: string;
  readonly d_call: string;
  readonly j_call: string;
  readonly c_call: string;
  /** Nucleotides including the conserved C and F/W codons, upper case; empty where missing. */
  readonly junction: string;
  readonly junction_aa: string;
  /** null where the input does not say. */
  readonly umi_count: number | null;
  /** Reads; null where the input does not say. */
  readonly consensus_count: number | null;
  /** Absent where the input does not say how the sequence lies on the germline. */
  readonly alignment?: GermlineAlignment;
}

/** How a sequence lies on its germline genes; empty or null where the aligner does not say. */
export interface GermlineAlignment {
  readonly rev_comp: boolean | null;
  readonly sequence_alignment: string;
  readonly germline_alignment: string;
  readonly v_cigar: string;
  readonly d_cigar: string;
  readonly j_cigar: string;
  /** Equal columns of the V alignment, gaps counted as different: a fraction from 0 to 1, as AIRR wants it. */
  readonly v_identity: number | null;
  /** Positions of the V alignment that hold another nucleotide than the germline allele (analysis/v-mutations.ts). */
  readonly v_mutation_count: number | null;
  /** Of the positions that hold a nucleotide on both sides, 0 to 1: what somatic hypermutation is judged by. */
  readonly v_mutation_frequency: number | null;
}

/** scirpy's chain_pairing words (scirpy `tl.chain_qc`). */
export type ChainStatus =
  | 'no IR' | 'single pair' | 'orphan VJ' | 'orphan VDJ' | 'extra VJ' | 'extra VDJ' | 'two full chains' | 'ambiguous' | 'multichain';
