// The longest open reading frame of a sequence as it is read in the mRNA: from ATG to the first stop in its frame (standard genetic code).
export interface OpenReadingFrame {
  /** 0-based, of the A of ATG. */
  readonly start: number;
  /** Amino acids, without the stop. */
  readonly nAminoAcids: number;
}

const stops = new Set(['TAA', 'TAG', 'TGA']);

/** Undefined where no ATG is followed by a stop. Of equal ones the first. */
export function longestOrf(sequence: Uint8Array): OpenReadingFrame | undefined {
  const text = new TextDecoder().decode(sequence).toUpperCase();
  let best: OpenReadingFrame | undefined;
  for (let frame = 0; frame < 3; frame++) {
    let start = -1;
    for (let at = frame; at + 3 <= text.length; at += 3) {
      const codon = text.slice(at, at + 3);
      if (start < 0 && codon === 'ATG') start = at;
      if (start < 0 || !stops.has(codon)) continue;
      const nAminoAcids = (at - start) / 3;
      if (best === undefined || nAminoAcids > best.nAminoAcids || (nAminoAcids === best.nAminoAcids && start < best.start)) best = {start, nAminoAcids};
      start = -1;
    }
  }
  return best;
}
