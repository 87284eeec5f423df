// Lupus low disease activity state (Franklyn et al. 2016): five claims, all of which have to hold. Haemolytic anaemia and gastrointestinal activity are no
// items of SLEDAI-2K and have columns of their own.
import type {Readings} from './readings.ts';
import {isAtMost, sledai2k} from './sledai.ts';
import {clinicalItems, sledaiItems} from './sledai-items.ts';
import {all, holds, known, type Verdict} from './three-valued.ts';
import {isNo, type Visit} from './visit.ts';

const majorOrgans = ['urinary_casts', 'hematuria', 'proteinuria', 'pyuria', 'seizure', 'psychosis', 'organic_brain_syndrome', 'visual_disturbance', 'cranial_nerve', 'lupus_headache', 'cva', 'pleurisy', 'pericarditis', 'vasculitis', 'fever', 'hemolytic_anemia', 'gi_activity'];

/** Maintenance drugs and, where one was applied (APLC cohort), the daily (methotrexate: weekly) cap in mg. */
const maintenance: readonly (readonly [RegExp, number | null])[] = [
  [/^mycophenolate( mofetil)?\b|^mmf\b/, 3000], [/^mycophenolic acid\b|^mpa\b/, 2160], [/^azathioprine\b|^aza\b/, 200], [/^methotrexate\b|^mtx\b/, 30], [/^leflunomide\b|^lef\b/, 20], [/^hydroxychloroquine\b|^hcq\b/, 400],
  [/^(tacrolimus|ciclosporin|cyclosporine?|voclosporin|belimumab|anifrolumab)\b/, null],
];

/** `previous`: the patient's visit before; undefined at the first. */
export function lldas(visit: Visit, previous: Visit | undefined, readings: Readings): Verdict {
  return all(
    isAtMost(4, visit, sledaiItems, sledai2k(visit)),
    all(...majorOrgans.map((item) => isAbsent(visit, item))),
    hasNothingNew(visit, previous),
    holds(known(visit.numbers['pga'], 'PGA not recorded'), (pga) => pga <= 1),
    holds(known(visit.numbers['prednisone_mg_per_day'], 'prednisone dose not recorded'), (dose) => dose <= 7.5),
    hasStandardTherapy(visit, readings),
  );
}

function isAbsent({items}: Visit, item: string): Verdict {
  return holds(known(items[item], `${item} not recorded`), (value) => value === 0);
}

/** As recorded in `new_activity`, else no clinical item now that was absent at the visit before. */
function hasNothingNew(visit: Visit, previous: Visit | undefined): Verdict {
  if (previous === undefined) return {missing: 'no visit before to compare with'};
  const recorded = visit.items['new_activity'];
  if (recorded !== null) return recorded === 0;
  return all(...clinicalItems.map((item): Verdict => {
    const now = visit.items[item];
    if (now === 0 || (now === 1 && previous.items[item] === 1)) return true;
    if (now === 1 && previous.items[item] === 0) return false;
    return {missing: `${item} not recorded here or at the visit before`};
  }));
}

function hasStandardTherapy({immunosuppressants, numbers, day}: Visit, readings: Readings): Verdict {
  const afterCarT: Verdict = readings.lldas_car_t === 'investigational' ? holds(known(day, 'day not known'), (days) => days < 0) : true;
  const antimalarial = holds(known(numbers['hydroxychloroquine_mg_per_day'], 'hydroxychloroquine dose not recorded'), (dose) => dose <= 400);
  const drugs = immunosuppressants === null ? [] : immunosuppressants.split(/\s*[;,+]\s*/).filter((drug) => drug !== '' && !isNo(drug));
  const recorded: Verdict = immunosuppressants === null ? {missing: 'immunosuppressants not recorded'} : true;
  return all(recorded, antimalarial, afterCarT, ...drugs.map(isStandard));
}

function isStandard(drug: string): Verdict {
  const name = drug.toLowerCase();
  if (/investigational|trial drug/.test(name)) return false;
  const found = maintenance.find(([pattern]) => pattern.test(name));
  if (found === undefined) return {missing: `"${drug}" is not among the maintenance drugs of the rule`};
  const [, dose] = /(\d+(?:\.\d+)?)\s*mg/.exec(name) ?? [];
  if (found[1] === null) return true;
  return dose === undefined ? {missing: `no dose of ${drug}`} : Number(dose) <= found[1];
}
