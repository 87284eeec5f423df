// Renal response under four rules, each named with its number: KDIGO 2024, the two of BLISS-LN (Furie et al. 2020) and LUNAR (Rovin et al. 2012).
import type {Readings} from './readings.ts';
import {all, any, holds, isMissing, known, type Known, type Verdict} from './three-valued.ts';
import type {Visit} from './visit.ts';

export interface RenalStates {
  readonly renal_kdigo2024: Known<'complete' | 'partial' | 'none'>;
  readonly renal_bliss_ln_crr: Verdict;
  readonly renal_bliss_ln_perr: Verdict;
  readonly renal_lunar: Verdict;
}

/** `preflareEgfr`: of the patients sheet. `baseline`: the last visit on or before the infusion. */
export function renalStates(visit: Visit, {baseline, preflareEgfr}: {baseline: Visit | undefined; preflareEgfr: number | null}, readings: Readings): RenalStates {
  if (visit.day === null || visit.day <= 0) {
    const missing = {missing: visit.day === null ? 'day not known' : 'before the infusion'};
    return {renal_kdigo2024: missing, renal_bliss_ln_crr: missing, renal_bliss_ln_perr: missing, renal_lunar: missing};
  }
  const egfr = known(visit.numbers['egfr_ml_per_min'], 'eGFR not recorded');
  // The steroid limit of PERR holds from week 24.
  const steroid: Verdict = visit.day < 168 ? true : holds(known(visit.numbers['prednisone_mg_per_day'], 'prednisone dose not recorded'), (dose) => dose <= 10);
  const noFailure = holds(known(visit.items['treatment_failure'], 'treatment_failure not recorded'), (failed) => failed === 0);
  const keeps = (floor: number, share: number): Verdict => any(holds(egfr, (value) => value >= floor), noWorse(egfr, known(preflareEgfr, 'eGFR before the flare not recorded'), share));
  return {
    renal_kdigo2024: kdigo(visit, baseline, readings),
    renal_bliss_ln_crr: all(keeps(90, 0.1), isUpcr(visit, '<', 0.5), noFailure),
    renal_bliss_ln_perr: all(keeps(60, 0.2), isUpcr(visit, '<=', 0.7), noFailure, steroid),
    renal_lunar: all(isUpcr(visit, '<', 0.5), hasGoodCreatinine(visit, baseline)),
  };
}

function kdigo(visit: Visit, baseline: Visit | undefined, readings: Readings): RenalStates['renal_kdigo2024'] {
  const stable = noWorse(known(visit.numbers['egfr_ml_per_min'], 'eGFR not recorded'), known(baseline?.numbers['egfr_ml_per_min'], 'eGFR before the infusion not recorded'), readings.kidney_function === 'within-15' ? 0.15 : 0.1);
  const complete = all(isUpcr(visit, '<', 0.5), stable);
  if (complete === true) return 'complete';
  const partial = all(isUpcr(visit, '<', 3), hasHalved(visit, baseline), stable);
  if (isMissing(complete)) return complete;
  return isMissing(partial) ? partial : partial ? 'partial' : 'none';
}

/** The limit in g/g; a sheet in mg/mmol is held against the guideline's own 50 for 0.5. 24-hour protein is not a ratio and is not used. */
function isUpcr({numbers}: Visit, relation: '<' | '<=', limit: number): Verdict {
  const [grams, milligrams] = [numbers['upcr_g_per_g'], numbers['upcr_mg_per_mmol']];
  const below = (value: number, bound: number): boolean => (relation === '<' ? value < bound : value <= bound);
  if (grams !== null) return below(grams, limit);
  return milligrams === null ? {missing: 'UPCR not recorded'} : below(milligrams, limit * 100);
}

/** In one unit: the two are never converted into each other. */
function hasHalved(visit: Visit, baseline: Visit | undefined): Verdict {
  for (const column of ['upcr_g_per_g', 'upcr_mg_per_mmol']) {
    const [now, before] = [visit.numbers[column], baseline?.numbers[column] ?? null];
    if (now !== null && before !== null) return now <= before / 2;
  }
  return {missing: 'UPCR before the infusion not recorded in the same unit'};
}

function noWorse(value: Known<number>, reference: Known<number>, share: number): Verdict {
  return isMissing(value) ? value : isMissing(reference) ? reference : value >= reference * (1 - share);
}

/** Normal; or, where it was normal at baseline, a rise below 15 %. */
function hasGoodCreatinine({numbers}: Visit, baseline: Visit | undefined): Verdict {
  const normal = (at: Visit['numbers'] | undefined, when: string): Verdict => {
    const [value, limit] = [at?.['creatinine_umol_per_l'] ?? null, at?.['creatinine_uln'] ?? null];
    return value === null || limit === null ? {missing: `creatinine or its upper limit not recorded ${when}`} : value <= limit;
  };
  const [now, before] = [numbers['creatinine_umol_per_l'], baseline?.numbers['creatinine_umol_per_l'] ?? null];
  const rise: Verdict = now === null || before === null ? {missing: 'creatinine not recorded now and before the infusion'} : now < before * 1.15;
  return any(normal(numbers, 'here'), all(normal(baseline?.numbers, 'before the infusion'), rise));
}
