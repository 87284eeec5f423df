// Where sources disagree, the reading is a named option. The defaults are those of the step; the other reading of each is computed beside it.
export interface Readings {
  /** DORIS 2021: "5 mg/day or less" in the abstract, "< 5" in a copy of its Table 2. */
  readonly doris_prednisone: 'at-most-5' | 'below-5';
  /** DORIS 2021: "< 0.5"; a secondary table of the 2017 framework has "<= 0.5". */
  readonly doris_pga: 'below-0.5' | 'at-most-0.5';
  /** No source classes immunoglobulin infusions as lupus therapy or not. */
  readonly ivig: 'no-therapy' | 'therapy';
  /** LLDAS excludes investigational drugs; no source says whether the infused cells are one. */
  readonly lldas_car_t: 'not-counted' | 'investigational';
  /** KDIGO 2024: kidney function stable within "10-15 %" of baseline. */
  readonly kidney_function: 'within-15' | 'within-10';
}

export const defaultReadings: Readings = {doris_prednisone: 'at-most-5', doris_pga: 'below-0.5', ivig: 'no-therapy', lldas_car_t: 'not-counted', kidney_function: 'within-15'};

const choices: {readonly [K in keyof Readings]: readonly [Readings[K], Readings[K]]} = {
  doris_prednisone: ['at-most-5', 'below-5'], doris_pga: ['below-0.5', 'at-most-0.5'], ivig: ['no-therapy', 'therapy'], lldas_car_t: ['not-counted', 'investigational'], kidney_function: ['within-15', 'within-10'],
};

export interface OtherReading {
  readonly conflict: keyof Readings;
  readonly used: string;
  readonly other: string;
  readonly readings: Readings;
}

/** One at a time, the others as used. */
export function otherReadings(used: Readings): OtherReading[] {
  return (Object.keys(choices) as (keyof Readings)[]).map((conflict) => {
    const other = choices[conflict].find((choice) => choice !== used[conflict])!;
    return {conflict, used: used[conflict], other, readings: {...used, [conflict]: other}};
  });
}
