// Receptors as a check on labels: a B cell has no T-cell receptor, and a droplet with both held two cells. Labels are made without them, so that
// agreement says something.

export type ReceptorFound = 'TCR' | 'BCR' | 'both' | 'none';
export type Verdict = 'agrees' | 'conflict' | 'not told';

/** `chain_status` words of a cell by receptor; null where the sample has no such library. */
export interface CellChains {
  readonly tcr: string | null;
  readonly bcr: string | null;
}

/** Productive chains with a junction; null where no receptor was sequenced. */
export function receptorOf({tcr, bcr}: CellChains): ReceptorFound | null {
  if (tcr === null && bcr === null) return null;
  const has = (status: string | null): boolean => status !== null && status !== 'no IR';
  if (has(tcr) && has(bcr)) return 'both';
  return has(tcr) ? 'TCR' : has(bcr) ? 'BCR' : 'none';
}

/** NK cells beside T cells: marker lists hardly part them, and a TCR in one says more about the list. */
const homes: Readonly<Record<'TCR' | 'BCR', readonly string[]>> = {TCR: ['T cell', 'NK cell'], BCR: ['B cell', 'plasma cell']};

/** A cell without a receptor may be of any lineage: not every one is found. */
export function checkLabel(lineage: string, receptor: ReceptorFound | null): Verdict {
  if (receptor === null || receptor === 'none') return 'not told';
  if (receptor === 'both') return 'conflict';
  if (lineage === 'unassigned') return 'not told';
  return homes[receptor].includes(lineage) ? 'agrees' : 'conflict';
}

/** Why the chains speak for two cells in a droplet, or null. */
export function receptorDoublet(chains: CellChains): string | null {
  if (receptorOf(chains) === 'both') return 'TCR and BCR';
  for (const [receptor, status] of [['TCR', chains.tcr], ['BCR', chains.bcr]] as const) {
    if (status === 'two full chains') return `two full ${receptor} pairs`;
    if (status === 'multichain') return `more than two ${receptor} chains in one arm`;
  }
  return null;
}
