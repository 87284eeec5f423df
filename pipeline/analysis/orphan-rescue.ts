// Cells of one arm whose chain occurs in exactly one paired clone of the patient: they most likely lost their other chain in sequencing.
import {cellsOf, type Configuration} from './receptor-configurations.ts';
import type {Rearrangement} from '../data/rearrangement.ts';

/** `part`: the tokens by which a chain is compared. A chain that two paired clones share says nothing, and its orphans stay by themselves. */
export function rescueOrphans(families: readonly Configuration[][], part: (chain: Rearrangement | undefined) => readonly string[]): {families: Configuration[][]; nRescued: number} {
  const paired = families.filter((family) => family.some(({vdj, vj}) => vdj !== undefined && vj !== undefined)).map((family) => [...family]);
  const orphans = families.filter((family) => family.every(({vdj, vj}) => vdj === undefined || vj === undefined));
  const ownersOf = new Map<string, Set<Configuration[]>>();
  for (const family of paired) {
    for (const {vdj, vj} of family) {
      if (vdj === undefined || vj === undefined) continue;
      for (const token of [...part(vdj).map((text) => `1 ${text}`), ...part(vj).map((text) => `2 ${text}`)]) ownersOf.set(token, (ownersOf.get(token) ?? new Set()).add(family));
    }
  }
  const left: Configuration[][] = [];
  let nRescued = 0;
  for (const family of orphans) {
    const tokens = family.flatMap(({vdj, vj}) => (vdj === undefined ? part(vj).map((text) => `2 ${text}`) : part(vdj).map((text) => `1 ${text}`)));
    const owners = new Set(tokens.flatMap((token) => [...(ownersOf.get(token) ?? [])]));
    if (owners.size !== 1) {
      left.push(family);
      continue;
    }
    [...owners][0].push(...family);
    nRescued += cellsOf(family);
  }
  return {families: [...paired, ...left], nRescued};
}
