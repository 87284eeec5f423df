// Families of B cells by their heavy chain: V gene, J gene and junction length first, then the distance of the junctions (as changeo DefineClones).
import {clusterJunctions, type Linkage} from './junction-clusters.ts';
import {genesToMatch, groupByTokens} from './gene-groups.ts';
import {ascending, cellsOf, groupBy, type Configuration} from './receptor-configurations.ts';

/** Configurations with a heavy chain, in groups that may hold one family or several: those of one V gene, J gene and junction length. */
export function heavyChainGroups(heavy: readonly Configuration[], ambiguous: 'union' | 'first'): Configuration[][] {
  return groupByTokens(heavy, ({vdj}) =>
    genesToMatch(vdj!.v_call, ambiguous).flatMap((v) => genesToMatch(vdj!.j_call, ambiguous).map((j) => `${v}\t${j}\t${vdj!.junction.length}`)));
}

/** `thresholdOf` a junction length: the largest distance / length. */
export function heavyChainFamilies(groups: readonly (readonly Configuration[])[], thresholdOf: (length: number) => number, linkage: Linkage): Configuration[][] {
  return groups.flatMap((group) => {
    const junctions = [...new Set(group.map(({vdj}) => vdj!.junction))];
    const clusters = clusterJunctions(junctions, thresholdOf(junctions[0].length), linkage);
    const clusterOf = new Map(junctions.map((junction, index) => [junction, clusters[index]]));
    return groupBy(group, ({vdj}) => clusterOf.get(vdj!.junction)!);
  });
}

/** By light V gene, J gene and junction length; cells without a light chain stay with the largest part, whose heavy chain they share. */
export function splitByLightChain(family: readonly Configuration[], ambiguous: 'union' | 'first'): Configuration[][] {
  const withLight = family.filter(({vj}) => vj !== undefined);
  const without = family.filter(({vj}) => vj === undefined);
  const parts = groupByTokens(withLight, ({vj}) =>
    genesToMatch(vj!.v_call, ambiguous).flatMap((v) => genesToMatch(vj!.j_call, ambiguous).map((j) => `${v}\t${j}\t${vj!.junction.length}`)));
  if (parts.length === 0) return [without];
  const largest = parts.reduce((best, next) => (cellsOf(next) - cellsOf(best) || ascending(best[0].key, next[0].key)) > 0 ? next : best);
  return parts.map((part) => (part === largest ? [...part, ...without] : part));
}
