// Genes named by a V or J call, whatever annotator wrote it: `Homsap IGHV3-11*05 F`, `IGHV1-2*02,IGHV1-3*01`, `TRAV29/DV5*01`.

const gene = /(?:IG[HKL]|TR[ABDG])[VDJ][A-Z0-9]*(?:[-/][A-Z0-9]+)*/i;

/** Gene of the first call; a call that names no gene by IMGT's pattern stands for itself, without its allele. */
export function geneOf(call: string): string {
  const first = call.split(',', 1)[0];
  return gene.exec(first)?.[0] ?? first.split('*', 1)[0].trim();
}

/** Every gene of a call once, in the order written; an ambiguous call names several. Empty where the call is. */
export function genesOf(call: string): readonly string[] {
  return [...new Set(call.split(',').map(geneOf).filter((name) => name !== ''))];
}

/** `geneOf` that reads each call once: a cohort has few calls and many chains. */
export function geneReader(): (call: string) => string {
  const known = new Map<string, string>();
  return (call) => {
    let name = known.get(call);
    if (name === undefined) known.set(call, name = geneOf(call));
    return name;
  };
}
