// Cells with equal chains as one item: what is clustered, since thousands of cells carry few different receptors.
import type {Rearrangement} from '../data/rearrangement.ts';
import {geneReader} from './gene-call.ts';
import type {ReceptorCell} from './receptor-chains.ts';

export interface Configuration {
  readonly key: string;
  /** Primary chains; undefined where the arm is absent. */
  readonly vdj: Rearrangement | undefined;
  readonly vj: Rearrangement | undefined;
  readonly cells: ReceptorCell[];
}

/** By key, ascending: complete and average linkage break ties by order, and a key does not change with the names of the cells. */
export function configure(cells: readonly ReceptorCell[]): Configuration[] {
  return collect(cells, (cell) => [cell.vdj[0], cell.vj[0]]).sort((a, b) => ascending(a.key, b.key));
}

/** Told apart by second chains too; in the order of the cells, for rules that no order can change. */
export function configureAllChains(cells: readonly ReceptorCell[]): Configuration[] {
  return collect(cells, (cell) => [cell.vdj[0], cell.vdj[1], cell.vj[0], cell.vj[1]]);
}

function collect(cells: readonly ReceptorCell[], chainsOf: (cell: ReceptorCell) => readonly (Rearrangement | undefined)[]): Configuration[] {
  const found = new Map<string, Configuration>();
  const gene = geneReader();
  const partOf = (chain: Rearrangement | undefined): string => (chain === undefined ? '' : `${chain.junction} ${chain.junction_aa} ${gene(chain.v_call)} ${gene(chain.j_call)}`);
  for (const cell of cells) {
    const key = chainsOf(cell).map(partOf).join('\t');
    const configuration = found.get(key);
    if (configuration === undefined) found.set(key, {key, vdj: cell.vdj[0], vj: cell.vj[0], cells: [cell]});
    else configuration.cells.push(cell);
  }
  return [...found.values()];
}

export function cellsOf(family: readonly Configuration[]): number {
  return family.reduce((total, {cells}) => total + cells.length, 0);
}

/** Most cells, then the junctions in order. */
export function leaderOf(family: readonly Configuration[]): Configuration {
  if (family.length === 1) return family[0];
  return family.reduce((best, next) => {
    const order = next.cells.length - best.cells.length || ascending(junctionsOf(best), junctionsOf(next)) || ascending(best.key, next.key);
    return order > 0 ? next : best;
  });
}

export function junctionsOf({vdj, vj}: Configuration): string {
  return `${vdj?.junction ?? ''}\t${vj?.junction ?? ''}`;
}

export function groupBy<T>(items: Iterable<T>, keyOf: (item: T) => string | number): T[][] {
  return [...Map.groupBy(items, keyOf).values()];
}

export function ascending(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
