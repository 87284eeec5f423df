// Items that share a token, and those that share one with them: how ambiguous gene calls are matched.
import {disjointSets} from './disjoint-sets.ts';
import {genesOf} from './gene-call.ts';

/** Groups of the items linked by a common token, transitively; each item has at least one token. */
export function groupByTokens<T>(items: readonly T[], tokensOf: (item: T) => readonly string[]): T[][] {
  const sets = disjointSets(items.length);
  const holder = new Map<string, number>();
  for (const [index, item] of items.entries()) {
    for (const token of tokensOf(item)) {
      const first = holder.get(token);
      if (first === undefined) holder.set(token, index);
      else sets.join(first, index);
    }
  }
  return [...Map.groupBy(items.keys(), (index) => sets.rootOf(index)).values()].map((own) => own.map((index) => items[index]));
}

/** Genes that a call may stand for: all of them, or the first. A call without one is a value of its own. */
export function genesToMatch(call: string, ambiguous: 'union' | 'first'): readonly string[] {
  const genes = genesOf(call);
  return genes.length === 0 ? [''] : ambiguous === 'first' ? genes.slice(0, 1) : genes;
}
