// Which genes every cell of the cohort is ranked over, and which genes of each signature are among them. Decided once for the cohort, since scores
// from different universes cannot be compared. Knows names and counts of genes, no cells.
import type {GeneSet} from '../data/gene-set.ts';
import {median} from './arithmetic.ts';
import type {ScoredSet} from './ucell.ts';

export interface GeneUniverse {
  /** Genes that every sample was measured on, sorted. */
  readonly genes: readonly string[];
  /** 1 for a gene that takes no rank: Ig and TCR V genes, and those named by the caller. Aligned with `genes`. */
  readonly excluded: Uint8Array;
  /** Genes that some sample's list lacks, sorted: they would be false zeros there. */
  readonly notShared: readonly string[];
}

/** A row of the alias table: today's symbol and one earlier name. */
export interface GeneAlias {
  readonly symbol: string;
  readonly legacy: string;
}

export interface ResolvedSet {
  readonly name: string;
  readonly source: string;
  /** Distinct genes that could be ranked: present + missing. */
  readonly nGenes: number;
  readonly nPresent: number;
  /** nPresent / nGenes; 0 for a set without genes. */
  readonly fractionPresent: number;
  /** As the set spells them, in file order. */
  readonly missingGenes: readonly string[];
  /** Genes of the set that take no rank; counted neither present nor missing. */
  readonly excludedGenes: readonly string[];
  /** Genes found under another name, as `CXCL8 as IL8`. */
  readonly renamedGenes: readonly string[];
  /** Columns of the universe. */
  readonly columns: readonly number[];
  readonly negativeColumns: readonly number[];
  readonly nMissing: number;
  readonly nNegativeMissing: number;
  /** Why the set must not be scored; null where it may. */
  readonly refused: string | null;
  /** Said beside a score that stands on too few genes; null where none is needed. */
  readonly warning: string | null;
}

/** A `<SET>_NO_IFN`: what is left of a set without the interferon genes. */
export interface InterferonFreeSet {
  readonly set: GeneSet;
  /** The set it was made of. */
  readonly of: string;
  /** Genes kept / genes of the whole set, 0..1. */
  readonly fractionKept: number;
  /** Keeps at least 60 %: may stand in the primary family beside the whole set. */
  readonly keepsEnough: boolean;
}

export const interferonSets = ['HALLMARK_INTERFERON_ALPHA_RESPONSE', 'HALLMARK_INTERFERON_GAMMA_RESPONSE'] as const;

/** Below it a set is refused, a threshold of this project; below `warnedBelow` it is warned of. */
const refusedBelow = 0.5;
const warnedBelow = 0.8;
const leastKept = 0.6;

/** V genes follow the clone, not the state of the cell: an expanded clone would push every other gene down a rank. */
const receptorVGene = /^(IGHV|IGKV|IGLV|TRAV|TRBV|TRDV|TRGV)/i;

/** The genes shared by every sample, independent of the samples' order. `excludedGenes`: by name, the CAR gene. Throws without a sample. */
export function shareGenes(genesOfSample: readonly (readonly string[])[], excludedGenes: readonly string[] = []): GeneUniverse {
  if (genesOfSample.length === 0) throw new Error('a gene universe needs at least one sample');
  const nSamples = new Map<string, number>();
  for (const genes of genesOfSample) for (const gene of new Set(genes)) nSamples.set(gene, (nSamples.get(gene) ?? 0) + 1);
  const all = [...nSamples.keys()].sort();
  const genes = all.filter((gene) => nSamples.get(gene) === genesOfSample.length);
  const named = new Set(excludedGenes);
  return {
    genes,
    excluded: Uint8Array.from(genes, (gene) => (named.has(gene) || receptorVGene.test(gene) ? 1 : 0)),
    notShared: all.filter((gene) => nSamples.get(gene) !== genesOfSample.length),
  };
}

/**
 * Whether the genes are spelled as mouse symbols are (Cd3e, Ifit1) where the sets' are human: few of the sets' genes are there as they are spelled, and most of those
 * missing are there in lower case after the first letter. Ensembl ids and human symbols are neither.
 */
export function hasMouseSymbols(genes: readonly string[], sets: readonly GeneSet[]): boolean {
  const own = new Set(genes);
  const wanted = [...new Set(sets.flatMap((set) => [...set.genes, ...set.negativeGenes]))];
  const asSpelled = wanted.filter((gene) => own.has(gene)).length;
  const asMouse = wanted.filter((gene) => !own.has(gene) && own.has(gene[0] + gene.slice(1).toLowerCase())).length;
  return asMouse > 10 * asSpelled && asMouse >= 0.2 * wanted.length;
}

/** UCell's maxRank for the whole cohort: min(1500, round(median over all cells of the genes detected)). At 1500 a rank score follows depth. */
export function cohortMaxRank(nDetectedOfCell: readonly number[]): number {
  return Math.min(1500, Math.round(median(nDetectedOfCell)));
}

/** A gene is looked up under its own name first, then under its other names; pass no aliases to switch that off. */
export function resolveSets(sets: readonly GeneSet[], universe: GeneUniverse, aliases: readonly GeneAlias[]): ResolvedSet[] {
  const names = {column: new Map(universe.genes.map((gene, k) => [gene, k])), otherNames: namesByGene(aliases)};
  return sets.map((set) => resolveSet(set, universe, names));
}

interface KnownNames {
  readonly column: ReadonlyMap<string, number>;
  readonly otherNames: ReadonlyMap<string, readonly string[]>;
}

function resolveSet(set: GeneSet, universe: GeneUniverse, {column, otherNames}: KnownNames): ResolvedSet {
  const taken = new Set<number>();
  const missingGenes: string[] = [];
  const excludedGenes: string[] = [];
  const renamedGenes: string[] = [];
  const resolve = (genes: readonly string[]): {columns: number[]; nMissing: number} => {
    const columns: number[] = [];
    let nMissing = 0;
    for (const gene of genes) {
      const found = [gene, ...(otherNames.get(gene) ?? [])].find((name) => column.has(name));
      const at = found === undefined ? undefined : column.get(found);
      if (found === undefined || at === undefined) {
        missingGenes.push(gene);
        nMissing++;
      } else if (universe.excluded[at] === 1) {
        excludedGenes.push(gene);
      } else if (!taken.has(at)) {
        // Two spellings of one gene in a set are one gene, or it would count twice.
        taken.add(at);
        columns.push(at);
        if (found !== gene) renamedGenes.push(`${gene} as ${found}`);
      }
    }
    return {columns, nMissing};
  };
  const up = resolve(set.genes);
  const down = resolve(set.negativeGenes);
  const nPresent = taken.size;
  const nGenes = nPresent + missingGenes.length;
  const fractionPresent = nGenes === 0 ? 0 : nPresent / nGenes;
  const share = `${nPresent} of ${nGenes} genes present (${(100 * fractionPresent).toFixed(0)} %)`;
  return {
    name: set.name, source: set.source, nGenes, nPresent, fractionPresent, missingGenes, excludedGenes, renamedGenes,
    columns: up.columns, nMissing: up.nMissing, negativeColumns: down.columns, nNegativeMissing: down.nMissing,
    refused: nGenes === 0 ? 'no gene of the set can be ranked' : fractionPresent < refusedBelow ? `${share}, at least 50 % needed` : null,
    warning: fractionPresent >= refusedBelow && fractionPresent < warnedBelow ? `${share}, below 80 %` : null,
  };
}

/** `skip` leaves missing genes out; `impute` gives each the worst rank. */
export function toScoredSet(set: ResolvedSet, missing: 'impute' | 'skip'): ScoredSet {
  const {name, columns, negativeColumns} = set;
  return missing === 'skip' ? {name, columns, negativeColumns, nMissing: 0, nNegativeMissing: 0} : {name, columns, negativeColumns, nMissing: set.nMissing, nNegativeMissing: set.nNegativeMissing};
}

/**
 * One `<SET>_NO_IFN` for each set that shares a gene with the union of the two interferon sets; without it a change of interferon is called
 * inflammation. Names are compared as today's symbols. Throws where an interferon set is not among `sets`.
 */
export function withoutInterferon(sets: readonly GeneSet[], aliases: readonly GeneAlias[]): InterferonFreeSet[] {
  const symbol = new Map(aliases.map((alias) => [alias.legacy, alias.symbol]));
  const today = (gene: string): string => symbol.get(gene) ?? gene;
  const union = new Set(
    interferonSets.flatMap((name) => {
      const found = sets.find((set) => set.name === name);
      if (found === undefined) throw new Error(`the interferon set ${name} is not among the signatures`);
      return found.genes.map(today);
    }),
  );
  return sets.flatMap((set) => {
    const isKept = (gene: string): boolean => !union.has(today(gene));
    const genes = set.genes.filter(isKept);
    const negativeGenes = set.negativeGenes.filter(isKept);
    const nKept = genes.length + negativeGenes.length;
    const nAll = set.genes.length + set.negativeGenes.length;
    // Nothing is left of the interferon sets themselves.
    if (nKept === nAll || nKept === 0) return [];
    return [{set: {name: `${set.name}_NO_IFN`, source: set.source, genes, negativeGenes}, of: set.name, fractionKept: nKept / nAll, keepsEnough: nKept >= leastKept * nAll}];
  });
}

function namesByGene(aliases: readonly GeneAlias[]): Map<string, string[]> {
  const names = new Map<string, string[]>();
  const add = (gene: string, other: string): void => void names.set(gene, [...(names.get(gene) ?? []), other]);
  for (const {symbol, legacy} of aliases) {
    add(symbol, legacy);
    add(legacy, symbol);
  }
  return names;
}
