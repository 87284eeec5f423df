// The cohort's gene sets, as the scores use them, with the gene ids of the counts: one row a gene, one with the reason for a set that is not used.
import type {SignatureUniverse} from '../../pipeline/analysis/score-signatures.ts';
import type {Row} from '../../pipeline/data/table.ts';

/** `idOf`: gene of the universe -> gene id. */
export function geneSetRows(universe: SignatureUniverse, idOf: ReadonlyMap<string, string>): Row[] {
  return universe.sets.flatMap(({name, role, refused, columns, negativeColumns}): Row[] => {
    const common = {signature: name, role};
    if (refused !== '') return [{...common, missing: refused}];
    const rows = (from: readonly number[], direction: 'up' | 'down'): Row[] => from.map((column) => ({...common, gene_id: idOf.get(universe.genes[column]) ?? universe.genes[column], direction}));
    return [...rows(columns, 'up'), ...rows(negativeColumns, 'down')];
  });
}
