// Every rule by its id: what it says and where it comes from. The readings of disagreeing sources are part of the words, so that a number is never without its rule.
import type {Row} from '../../data/table.ts';
import type {BCellSetting} from './b-cells.ts';
import type {Readings} from './readings.ts';

export interface ClinicalSetting {
  readonly readings: Readings;
  readonly bCells: BCellSetting;
  readonly ivigDays: number;
}

/** `clinical_rules.tsv`: rule_id, definition, source. */
export function ruleRows({readings, bCells, ivigDays}: ClinicalSetting): Row[] {
  const doris = `clinical SLEDAI-2K 0, PGA ${readings.doris_pga === 'below-0.5' ? '< 0.5' : '<= 0.5'}, prednisone ${readings.doris_prednisone === 'at-most-5' ? '<= 5' : '< 5'} mg/day`;
  const off = `prednisone 0, no immunosuppressant (antimalarials allowed; immunoglobulin infusions ${readings.ivig === 'therapy' ? 'count' : 'do not count'} as therapy)`;
  const serology = 'complement and anti-dsDNA normal (by value and limit or by SLEDAI-2K item; contradiction: missing)';
  const depletion = bCells.depletionPerUl === null ? 'CD19+ count below the limit of detection, without one below 1 per microlitre' : `CD19+ count ${bCells.depletionPerUl === 0 ? '0' : `below ${bCells.depletionPerUl}`} per microlitre`;
  const stable = readings.kidney_function === 'within-15' ? '85 %' : '90 %';
  const [vanVollenhoven2021, vanVollenhoven2017, franklyn] = ['van Vollenhoven et al. 2021, doi 10.1136/lupus-2021-000538', 'van Vollenhoven et al. 2017, Ann Rheum Dis 76:554', 'Franklyn et al. 2016, Ann Rheum Dis 75:1615'];
  const [astct, gladman] = ['Lee et al. 2019, Biol Blood Marrow Transplant 25:625 (ASTCT)', 'Gladman et al. 2002, J Rheumatol 29:288'];
  const rows: readonly (readonly [string, string, string])[] = [
    ['sledai-2k', 'sum of the 24 weighted items as recorded; missing where any item is', gladman],
    ['sledai-2k-recorded', 'the total as recorded, where the sheet has no item', gladman],
    ['clinical-sledai', 'SLEDAI-2K without low complement and DNA binding', gladman],
    ['doris-2021', `${doris}; serology ignored; stable immunosuppressants allowed (whether doses are stable is not in the sheet)`, vanVollenhoven2021],
    ['doris-2017-clinical-on', `${doris}; serology may be active; maintenance therapy allowed`, vanVollenhoven2017],
    ['doris-2017-clinical-off', `${doris}; serology may be active; ${off}`, vanVollenhoven2017],
    ['doris-2017-complete-on', `${doris}; ${serology}; maintenance therapy allowed`, vanVollenhoven2017],
    ['doris-2017-complete-off', `${doris}; ${serology}; ${off}`, vanVollenhoven2017],
    ['lldas', `SLEDAI-2K <= 4 without renal, nervous, cardiopulmonary, vasculitic, haemolytic or gastrointestinal activity or fever; nothing new since the visit before; PGA <= 1; prednisone <= 7.5 mg/day; standard maintenance drugs within their caps; the infused cells ${readings.lldas_car_t === 'investigational' ? 'count' : 'do not count'} as an investigational drug`, franklyn],
    ['renal-kdigo2024', `complete: UPCR < 0.5 g/g (50 mg/mmol) and eGFR at least ${stable} of that before the infusion; partial: UPCR halved and < 3 g/g with such an eGFR`, 'KDIGO 2024, Kidney Int 105 (Suppl 1S):S1'],
    ['renal-bliss-ln-crr', 'UPCR < 0.5 g/g; eGFR >= 90 or at most 10 % below that before the flare; no treatment failure', 'Furie et al. 2020, N Engl J Med 383:1117 (BLISS-LN)'],
    ['renal-bliss-ln-perr', 'UPCR <= 0.7 g/g; eGFR >= 60 or at most 20 % below that before the flare; no treatment failure; prednisone <= 10 mg/day from day 168', 'Furie et al. 2020, N Engl J Med 383:1117 (BLISS-LN)'],
    ['renal-lunar', 'UPCR < 0.5 g/g; creatinine normal, or risen by less than 15 % where it was normal before the infusion', 'Gomez Mendez et al. 2018, Clin J Am Soc Nephrol 13:1502 (patients of LUNAR)'],
    ['crs-astct', 'grade as recorded (or from its signs): fever, with the more severe of hypotension and hypoxia; events that began before the infusion do not count', astct],
    ['icans-astct', 'grade as recorded (or from its signs): the worst of ICE score, consciousness, seizure, motor findings and oedema', astct],
    ['infection-grade', 'worst grade as recorded; severe from grade 3', 'the scale named in the sheet'],
    ['b-cells', `depleted: ${depletion}; present: at least ${bCells.recoveryPerUl} per microlitre; low: between`, 'no agreed standard: thresholds are parameters'],
    ['b-cell-depletion-month1', `depleted at a visit after the infusion and by day ${bCells.month1Day + bCells.windowDays}`, 'no agreed standard: thresholds are parameters'],
    ['b-cell-recovery-month3', `after depletion at least ${bCells.recoveryPerUl} per microlitre at the visit nearest day ${bCells.month3Day} (within ${bCells.windowDays} days) and at the next one; without a later visit missing`, 'no agreed standard: thresholds are parameters'],
    ['igg-bands', `IgG in g/L: above 6; mild > 4 to 6; severe 1.5 to 4; replacement < 1.5; not read within ${ivigDays} days after immunoglobulin, and above 6 not where that is not recorded; hypogammaglobulinaemia: 6 or less (severe: 4 or less) at any visit after the infusion that has a value`, 'J Allergy Clin Immunol 2024 cohort (<= 6 g/L); Hill et al. (<= 4 g/L); AAAAI (< 1.5 g/L)'],
    ['biopsy-deposition', 'sum of the immunofluorescence stains (0 to 3, +/- is 0.5) that the last biopsy before and the last after the infusion both have; decreased: a smaller sum', 'definition of this project'],
    ['biopsy-index', 'last biopsy after the infusion minus last before', 'definition of this project'],
    ['follow-up', 'day of the last visit', 'definition of this project'],
  ];
  return rows.map(([rule_id, definition, source]): Row => ({rule_id, definition, source, missing: null}));
}
