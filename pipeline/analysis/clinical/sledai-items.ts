// The 24 items of SLEDAI-2K and their weights (Gladman et al. 2002).
export const sledaiItems = [
  'seizure', 'psychosis', 'organic_brain_syndrome', 'visual_disturbance', 'cranial_nerve', 'lupus_headache', 'cva', 'vasculitis', 'arthritis', 'myositis', 'urinary_casts', 'hematuria',
  'proteinuria', 'pyuria', 'rash', 'alopecia', 'ulcers', 'pleurisy', 'pericarditis', 'low_complement', 'dna_binding', 'fever', 'thrombocytopenia', 'leukopenia',
] as const;

export const serologyItems: readonly string[] = ['low_complement', 'dna_binding'];

/** Eight items of 8, six of 4, seven of 2, three of 1: at most 105. */
export function sledaiWeight(item: string): number {
  const at = sledaiItems.indexOf(item as (typeof sledaiItems)[number]);
  return at < 8 ? 8 : at < 14 ? 4 : at < 21 ? 2 : 1;
}

export const clinicalItems: readonly string[] = sledaiItems.filter((item) => !serologyItems.includes(item));
