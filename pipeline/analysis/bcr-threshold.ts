// The distance below which two heavy chains are kin: as given, or the valley between kin and strangers among the nearest distances of a patient
// (shazam distToNearest and findThreshold, method density).
import type {ClonotypeRule} from './clonotype-rule.ts';
import {densityValley} from './density-valley.ts';
import {hammingDistance} from './near-sequences.ts';
import type {Configuration} from './receptor-configurations.ts';

export interface ChosenThreshold {
  readonly value: number;
  readonly source: 'given' | 'valley' | 'fallback';
  /** Cells with a nearest distance; null where none was sought. */
  readonly nDistances: number | null;
  /** Why the fallback is used; '' otherwise. */
  readonly reason: string;
}

/** Fewer nearest distances make a density whose valleys are chance. */
export const leastDistances = 50;

/** `groups`: heavy chains of one V gene, J gene and junction length each. */
export function chooseThreshold(groups: readonly (readonly Configuration[])[], {bcr_threshold, bcr_fallback_threshold}: ClonotypeRule): ChosenThreshold {
  if (bcr_threshold !== 'auto') return {value: bcr_threshold, source: 'given', nDistances: null, reason: ''};
  const distances = groups.flatMap((group) => nearestDistances(group));
  const fallback = (reason: string): ChosenThreshold => ({value: bcr_fallback_threshold, source: 'fallback', nDistances: distances.length, reason});
  if (distances.length < leastDistances) return fallback(`${distances.length} nearest distances, ${leastDistances} needed`);
  const valley = densityValley(distances);
  return 'missing' in valley ? fallback(valley.missing) : {value: valley.at, source: 'valley', nDistances: distances.length, reason: ''};
}

/** Hamming distance / length to the nearest other junction of the group, one a cell; equal junctions do not count. None in a group of one junction. */
export function nearestDistances(group: readonly Configuration[]): number[] {
  const nCells = new Map<string, number>();
  for (const {vdj, cells} of group) nCells.set(vdj!.junction, (nCells.get(vdj!.junction) ?? 0) + cells.length);
  const junctions = [...nCells.keys()];
  if (junctions.length < 2) return [];
  const nearest = new Array<number>(junctions.length).fill(Infinity);
  for (let i = 1; i < junctions.length; i++) {
    for (let j = 0; j < i; j++) {
      const distance = hammingDistance(junctions[i], junctions[j], Math.max(nearest[i], nearest[j]));
      nearest[i] = Math.min(nearest[i], distance);
      nearest[j] = Math.min(nearest[j], distance);
    }
  }
  return junctions.flatMap((junction, index) => new Array<number>(nCells.get(junction)!).fill(nearest[index] / junction.length));
}
