// What the patients of the sheet can show at all, told before anything runs. The science computes the same for the report; the engine knows no statistics, so the
// numbers stand here as a table, and a test holds them to the science's.
import {takesPart} from '../config/contrast-checks.ts';
import type {Contrast} from '../model/job-file.ts';
import type {LibraryRow} from '../model/run-config.ts';

/** Change in standard deviations of the patients' changes that a two-sided paired t test at 0.05 sees with 80 % power, for 2, 3, … pairs. */
export const detectableChange: readonly number[] = [11.55, 3.26, 2.13, 1.68, 1.43, 1.27, 1.16, 1.07, 1.00, 0.94, 0.89, 0.85, 0.81, 0.78, 0.75, 0.72, 0.70, 0.68, 0.66, 0.64, 0.63, 0.61, 0.60, 0.58];

export interface ContrastPower {
  readonly contrast: string;
  /** Patients with a sample on both sides; of a cell type there may be fewer. */
  readonly pairs: number;
  /** Standard deviations of the patients' changes; null with fewer than 2 pairs, and from 26 on (below 0.6). */
  readonly detectable_dz_80: number | null;
  /** 2 / 2^pairs; null without pairs. */
  readonly smallest_exact_p: number | null;
}

export function powerOfContrasts(rows: readonly LibraryRow[], contrasts: readonly Contrast[]): ContrastPower[] {
  return contrasts.map((contrast) => {
    const pairs = pairedPatients(rows, contrast).length;
    return {contrast: contrast.name, pairs, detectable_dz_80: detectableChange[pairs - 2] ?? null, smallest_exact_p: pairs === 0 ? null : Math.min(1, 2 / 2 ** pairs)};
  });
}

/** Patients with a sample on both sides. */
export function pairedPatients(rows: readonly LibraryRow[], contrast: Contrast): string[] {
  const {by, before, after} = contrast;
  const own = rows.filter((row) => row.excluded === '' && row.library !== '' && takesPart(row, contrast));
  return [...Map.groupBy(own, ({patient_id}) => patient_id)].filter(([, ofPatient]) => [before, after].every((side) => ofPatient.some(({columns}) => columns[by] === side))).map(([patient_id]) => patient_id);
}

export function powerLines(powers: readonly ContrastPower[]): string {
  return powers.map(({contrast, pairs, detectable_dz_80, smallest_exact_p}) => {
    if (smallest_exact_p === null || pairs < 2) return `contrast ${contrast}: ${pairs} complete ${pairs === 1 ? 'pair' : 'pairs'}, so no test over patients.\n`;
    const seen = detectable_dz_80 === null ? 'a paired t test sees changes below 0.6 standard deviations with 80 % power' : `a paired t test sees a change of ${detectable_dz_80} standard deviations of the patients' changes with 80 % power`;
    return `contrast ${contrast}: ${pairs} complete pairs; ${seen}; exact tests give no p below ${Number(smallest_exact_p.toPrecision(2))}${smallest_exact_p > 0.05 ? ' and cannot reach 0.05' : ''}.\n`;
  }).join('');
}
