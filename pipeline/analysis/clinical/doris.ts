// DORIS remission: the 2021 definition (van Vollenhoven et al. 2021) and the four states of the 2017 framework (van Vollenhoven et al. 2017), which also
// asks for serology ("complete") and for therapy ("off"). Off therapy implies on therapy, complete implies clinical.
import type {Readings} from './readings.ts';
import {clinicalSledai, isAtMost} from './sledai.ts';
import {clinicalItems} from './sledai-items.ts';
import {all, holds, isMissing, known, type Verdict} from './three-valued.ts';
import {isNo, type Visit} from './visit.ts';

export interface DorisStates {
  readonly doris_2021: Verdict;
  readonly doris_2017_clinical_on: Verdict;
  readonly doris_2017_clinical_off: Verdict;
  readonly doris_2017_complete_on: Verdict;
  readonly doris_2017_complete_off: Verdict;
}

export function dorisStates(visit: Visit, readings: Readings): DorisStates {
  const prednisone = known(visit.numbers['prednisone_mg_per_day'], 'prednisone dose not recorded');
  const clinical = all(
    isAtMost(0, visit, clinicalItems, clinicalSledai(visit)),
    holds(known(visit.numbers['pga'], 'PGA not recorded'), (pga) => (readings.doris_pga === 'below-0.5' ? pga < 0.5 : pga <= 0.5)),
    holds(prednisone, (dose) => (readings.doris_prednisone === 'at-most-5' ? dose <= 5 : dose < 5)),
  );
  const off = all(holds(prednisone, (dose) => dose === 0), isWithoutImmunosuppressants(visit), readings.ivig === 'therapy' ? holds(known(visit.ivig, 'IVIG not recorded'), (given) => !given) : true);
  const serology = hasNormalSerology(visit);
  return {
    doris_2021: clinical,
    doris_2017_clinical_on: clinical,
    doris_2017_clinical_off: all(clinical, off),
    doris_2017_complete_on: all(clinical, serology),
    doris_2017_complete_off: all(clinical, serology, off),
  };
}

function isWithoutImmunosuppressants({immunosuppressants}: Visit): Verdict {
  return holds(known(immunosuppressants, 'immunosuppressants not recorded'), isNo);
}

/** Complement and anti-dsDNA from their values and limits and from the SLEDAI-2K items; where the two contradict each other it is missing. */
export function hasNormalSerology(visit: Visit): Verdict {
  const {numbers: value, items} = visit;
  const atLeast = (name: string, limit: string): Verdict => holdsBoth(value[name], value[limit], `${name} or ${limit} not recorded`, (a, b) => a >= b);
  const complement = agreed('complement', all(atLeast('c3_g_per_l', 'c3_lln'), atLeast('c4_g_per_l', 'c4_lln')), items['low_complement']);
  const dna = agreed('anti-dsDNA', holdsBoth(value['anti_dsdna_iu_per_ml'], value['anti_dsdna_uln'], 'anti_dsdna_iu_per_ml or anti_dsdna_uln not recorded', (a, b) => a <= b), items['dna_binding']);
  return all(complement, dna);
}

function agreed(what: string, byValue: Verdict, item: 0 | 1 | null): Verdict {
  const byItem: Verdict = item === null ? {missing: `${what} not recorded`} : item === 0;
  if (isMissing(byValue)) return isMissing(byItem) ? byValue : byItem;
  if (isMissing(byItem) || byItem === byValue) return byValue;
  return {missing: `${what} is ${byValue ? 'normal' : 'not normal'} by its value and ${byItem ? 'normal' : 'not normal'} by its SLEDAI-2K item`};
}

function holdsBoth(a: number | null, b: number | null, absent: string, claim: (a: number, b: number) => boolean): Verdict {
  return a === null || b === null ? {missing: absent} : claim(a, b);
}
