// Bands of IgG. 6 g/L and below is hypogammaglobulinaemia, 4 and below severe, below 1.5 calls for replacement. After an infusion of immunoglobulin the value says nothing.
import {any, holds, isMissing, type Known, type Verdict} from './three-valued.ts';
import type {Visit} from './visit.ts';

export type IggBand = 'above-6' | 'mild' | 'severe' | 'replacement';

export interface IggState {
  readonly band: Known<IggBand>;
  /** Whether immunoglobulin was given within the window before, or at, this visit. */
  readonly afterIvig: Verdict;
}

/** `visits` of one patient by day. */
export function iggState(visit: Visit, visits: readonly Visit[], ivigDays: number): IggState {
  const afterIvig = wasGivenIvig(visit, visits, ivigDays);
  const igg = visit.numbers['igg_g_per_l'];
  if (igg === null) return {band: {missing: 'IgG not recorded'}, afterIvig};
  if (afterIvig === true) return {band: {missing: `IgG within ${ivigDays} days after immunoglobulin`}, afterIvig};
  // Immunoglobulin raises IgG: without knowing whether it was given a low value is still low, a normal one says nothing.
  if (igg > 6 && isMissing(afterIvig)) return {band: afterIvig, afterIvig};
  return {band: igg < 1.5 ? 'replacement' : igg <= 4 ? 'severe' : igg <= 6 ? 'mild' : 'above-6', afterIvig};
}

function wasGivenIvig(visit: Visit, visits: readonly Visit[], ivigDays: number): Verdict {
  const near = visits.filter((other) => other === visit || (other.day !== null && visit.day !== null && other.day <= visit.day && other.day >= visit.day - ivigDays));
  return any(...near.map((other): Verdict => other.ivig ?? {missing: 'IVIG not recorded'}));
}

/** At any visit after the infusion; one low value decides. */
export function hasHypogammaglobulinaemia(visits: readonly Visit[], ivigDays: number, bands: readonly IggBand[] = ['mild', 'severe', 'replacement']): Verdict {
  const after = visits.filter((visit) => visit.day !== null && visit.day > 0).map((visit) => iggState(visit, visits, ivigDays).band);
  const low = after.map((band): Verdict => holds(band, (value) => bands.includes(value)));
  if (after.length === 0 || low.every(isMissing)) return {missing: [...new Set(low.flatMap((one) => (isMissing(one) ? [one.missing] : [])))].join(', ') || 'no visit after the infusion'};
  // The claim is about the values measured: were a visit without one to leave it open, only patients with a low value would be left to count.
  return low.includes(true);
}
