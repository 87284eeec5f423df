// Sentences of the clones section that no figure says: what few cells could have shown, and clones where they should not be.
import type {Row} from '../data/table.ts';
import {numberOf, type FigureData} from './figure.ts';

export interface CloneNote {
  readonly heading: string;
  readonly sentence: string;
}

export function cloneNotes(data: FigureData): CloneNote[] {
  return [...limitNotes(data), ...coverageNotes(data), ...ruleNotes(data), ...alarmNotes(data)];
}

/** Samples with fewer cells than the minimum: the share that a clone could have and still be missed, 1 - 0.05^(1/n). */
function limitNotes(data: FigureData): CloneNote[] {
  const few = samplesOf(data).filter((row) => /^only \d+/.test(String(row['missing'] ?? '')));
  const words = [...Map.groupBy(few, (row) => numberOf(row, 'n_cells') ?? 0)].sort(([a], [b]) => a - b).map(([n, rows]) => {
    const samples = rows.map((row) => `${String(row['patient_id'])} ${String(row['timepoint'])} (${String(row['receptor'])})`).join(', ');
    return n === 0 ? `0 cells, so that nothing can be said of any clone: ${samples}` : `${n} ${n === 1 ? 'cell' : 'cells'}, so that a clone of up to ${Math.round(100 * (1 - 0.05 ** (1 / n)))} % could have been missed: ${samples}`;
  });
  return words.length === 0 ? [] : [{heading: 'Detection limit', sentence: `too few cells for abundance and diversity. ${words.join('; ')}.`}];
}

function coverageNotes(data: FigureData): CloneNote[] {
  const low = samplesOf(data).filter((row) => row['missing'] === null && (numberOf(row, 'coverage') ?? 1) < 0.5);
  return low.length === 0 ? [] : [{heading: 'Coverage', sentence: `below one half in ${low.length} of ${samplesOf(data).filter((row) => row['missing'] === null).length} repertoires: most cells there belong to clones that were not seen, and numbers of clones say little.`}];
}

function ruleNotes(data: FigureData): CloneNote[] {
  const fallbacks = (data.tables['clone_rules'] ?? []).filter((row) => row['threshold_source'] === 'fallback');
  const valleys = (data.tables['clone_rules'] ?? []).filter((row) => row['threshold_source'] === 'valley');
  return [
    ...(fallbacks.length === 0 ? [] : [{heading: 'Threshold', sentence: fallbacks.map((row) => `${String(row['patient_id'])}: ${String(row['note'])}, so that ${String(row['threshold'])} was used`).join('; ') + '.'}]),
    ...(valleys.length === 0 ? [] : [{heading: 'Threshold', sentence: `found automatically: ${valleys.map((row) => `${String(row['patient_id'])} ${Number(Number(row['threshold']).toPrecision(3))}`).join(', ')}.`}]),
  ];
}

function alarmNotes(data: FigureData): CloneNote[] {
  return [...Map.groupBy(data.tables['repertoire_alarms'] ?? [], (row) => String(row['kind']))].map(([kind, rows]) => ({
    heading: 'Alarm', sentence: `${rows.length} times ${kind}; the first in libraries ${String(rows[0]['libraries'])}, ${String(rows[0]['n_cells'])} cells. Two people do not make the same pair of junctions by chance: check for swaps, carry-over and index hopping.`,
  }));
}

/** One row a sample and receptor. */
function samplesOf(data: FigureData): readonly Row[] {
  return (data.tables['clonal_diversity'] ?? []).filter((row) => row['cell_type'] === 'all' && row['measure'] === 'top_clone' && row['method'] === 'observed');
}
