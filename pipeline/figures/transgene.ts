// What the report says of the transgene: how many cells carry it beside the floor of its controls, and whether the reference can tell it from genes.
import type {Row} from '../data/table.ts';
import {numberOf, type FigureData} from './figure.ts';

export interface TransgeneNote {
  readonly heading: 'Transgene' | 'Reference';
  readonly sentence: string;
}

/** Empty where the run has no transgene. */
export function transgeneNotes(data: FigureData): TransgeneNote[] {
  const calls = (data.tables['car_calls'] ?? []).filter((row) => row['used'] === 'true');
  const warned = (data.tables['reference_contigs'] ?? []).filter((row) => row['warning'] !== null && row['warning'] !== '');
  return [
    ...(calls.length === 0 ? [] : [{heading: 'Transgene' as const, sentence: callSentence(calls)}]),
    ...warned.map((row) => ({heading: 'Reference' as const, sentence: `${String(row['gene_id'])}: ${String(row['warning'])}`})),
  ];
}

function callSentence(calls: readonly Row[]): string {
  const pooled = calls.filter((row) => row['sample_id'] === null);
  const of = (role: string): Row | undefined => pooled.find((row) => row['role'] === role && row['fraction'] !== null);
  const part = (role: string, words: string, isControl: boolean): string[] => {
    const row = of(role);
    if (row === undefined) return [];
    const atMost = isControl ? ` (at most ${percent(numberOf(row, 'fraction_upper'))})` : '';
    return [`${String(row['n_positive'])} of ${String(row['n_cells'])} ${words}${atMost}`];
  };
  const carriers = [...part('infusion product', 'T cells of the infusion product', false), ...part('after infusion', 'T cells after the infusion', false)];
  const controls = [...part('negative control: before infusion', 'cells before the infusion', true), ...part('negative control: no T cell', 'later cells that are no T cells', true)];
  const without = [...new Set(calls.filter((row) => String(row['missing']).includes('not assayed')).map((row) => String(row['sample_id'])))];
  const minUmi = Number(calls[0]['min_umi']);
  return [
    carriers.length === 0 ? 'no T cell after the infusion is assayed' : `found (at least ${minUmi} ${minUmi === 1 ? 'UMI' : 'UMIs'}) in ${carriers.join(' and ')}`,
    `its floor: ${controls.join(', ') || 'no control is assayed'}`,
    ...(without.length === 0 ? [] : [`not assayed: ${without.join(', ')}`]),
  ].join('; ') + '.';
}

const percent = (share: number | null): string => (share === null ? 'unknown' : `${Number((100 * share).toPrecision(2))} %`);
