// Somatic hypermutation of one sequence, counted on the alignment with its V germline allele. Knows nothing of clones or cells.

export interface VMutations {
  readonly v_mutation_count: number;
  readonly v_mutation_frequency: number;
}

const nucleotides = new Set('ACGT');

/**
 * AIRR's `v_sequence_alignment` and `v_germline_alignment`, column by column: of the columns with A, C, G or T on both sides, those that differ. Gaps
 * (insertions, deletions) and ambiguous letters count neither as mutation nor as position, as in the observed mutations of shazam (Gupta et al.
 * 2015), but over the V alignment alone: the junction has no germline to compare with. Undefined where no column can be compared.
 */
export function countVMutations(v_sequence_alignment: string, v_germline_alignment: string): VMutations | undefined {
  let [nCompared, nDifferent] = [0, 0];
  const [sequence, germline] = [v_sequence_alignment.toUpperCase(), v_germline_alignment.toUpperCase()];
  for (let i = 0; i < Math.min(sequence.length, germline.length); i++) {
    if (!nucleotides.has(sequence[i]) || !nucleotides.has(germline[i])) continue;
    nCompared++;
    if (sequence[i] !== germline[i]) nDifferent++;
  }
  return nCompared === 0 ? undefined : {v_mutation_count: nDifferent, v_mutation_frequency: nDifferent / nCompared};
}
