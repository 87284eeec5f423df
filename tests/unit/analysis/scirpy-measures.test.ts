// Diversity, expansion, overlap and per-clone tests as scirpy 0.25.1 gives them on the same partitions.
import {describe, expect, test} from 'vitest';
import {expansionClass} from '../../../pipeline/analysis/clonal-abundance.ts';
import {d50Percent, hillNumber, pielou} from '../../../pipeline/analysis/clonal-diversity.ts';
import {testFisherExact} from '../../../pipeline/analysis/fisher.ts';
import {compareRepertoires} from '../../../pipeline/analysis/repertoire-overlap.ts';
import type {Row} from '../../../pipeline/data/table.ts';
import {readTable} from '../../../pipeline/formats/delimited-text.ts';
import {referenceFile, sharedData} from '../../rig/shared-data.ts';

if (sharedData === undefined) console.log('The measures of scirpy are skipped: no LYMPHLINE_DATA and no ../shared/data.');
const read = (name: string): readonly Row[] => (sharedData === undefined ? [] : readTable(referenceFile(`scverse/${name}`)).rows);

function sizes(rows: readonly Row[], column: string): Map<string, number> {
  const found = new Map<string, number>();
  for (const row of rows) if (row[column] !== null) found.set(String(row[column]), (found.get(String(row[column])) ?? 0) + 1);
  return found;
}

describe.skipIf(sharedData === undefined)('scirpy', () => {
  const cells = Map.groupBy(read('ards_tcr_cells.csv.gz'), (row) => String(row['sample']));
  const mice = Map.groupBy(read('mouse_bcr_cells.csv.gz'), (row) => String(row['mouse']));

  test.each([
    ['ards_tcr_alpha_diversity_clone_id.csv', cells, 'clone_id', 'sample'], ['ards_tcr_alpha_diversity_primary_only.csv', cells, 'primary_only', 'sample'], ['ards_tcr_alpha_diversity_per_patient.csv', cells, 'per_patient', 'sample'],
    ['mouse_bcr_alpha_diversity_nt_identity.csv', mice, 'nt_identity', 'mouse'], ['mouse_bcr_alpha_diversity_normalized_hamming_nt_15_heavy_vj.csv', mice, 'normalized_hamming_nt_15_heavy_vj', 'mouse'],
  ] as const)('%s: evenness, D50, Shannon, Simpson and richness', (file, groups, column, key) => {
    const rows = read(file);
    expect(rows.length).toBe(groups.size);
    for (const row of rows) {
      const counts = [...sizes(groups.get(String(row[key]))!, column).values()];
      expect(counts.reduce((a, b) => a + b)).toBe(Number(row['n_cells_with_clone']));
      near(pielou(counts)!, row['normalized_shannon_entropy']);
      // scirpy adds up rounded shares: where clones hold exactly half, its sum may miss it by a rounding and take one clone more.
      const ordered = [...counts].sort((a, b) => b - a);
      const own = d50Percent(counts)!;
      const held = ordered.slice(0, Math.round((own / 100) * counts.length)).reduce((a, b) => a + b);
      const isExactHalf = 2 * held === counts.reduce((a, b) => a + b);
      near(isExactHalf && Number(row['D50']) > own + 1e-9 ? own + 100 / counts.length : own, row['D50']);
      near(Math.log(hillNumber(counts, 1)!), row['shannon (own function given to scirpy)']);
      near(hillNumber(counts, 2)!, row['inv_simpson (own function given to scirpy)']);
      near(hillNumber(counts, 0)!, row['observed (own function given to scirpy)']);
    }
  });

  test.each([['in_sample', true], ['over_all', false]])('cells by the size of their clone, %s', (name, inSample) => {
    const all = sizes([...cells.values()].flat(), 'clone_id');
    for (const row of read(`ards_tcr_clonal_expansion_${name}.csv`)) {
      const own = cells.get(String(row['sample']))!;
      const sizeOf = inSample ? sizes(own, 'clone_id') : all;
      const found: Record<string, number> = {};
      for (const cell of own) {
        const label = cell['clone_id'] === null ? 'nan' : expansionClass(sizeOf.get(String(cell['clone_id']))!, [1, 2]);
        found[label] = (found[label] ?? 0) + 1;
      }
      expect([found['1'], found['2'], found['>=3'], found['nan'] ?? 0]).toEqual(['<= 1', '<= 2', '> 2', 'nan'].map((label) => Number(row[label] ?? 0)));
    }
  });

  test('Jaccard distances of all samples', () => {
    for (const row of read('ards_tcr_overlap_jaccard_distance.csv')) {
      for (const [other, expected] of Object.entries(row)) {
        if (other === 'sample') continue;
        near(1 - compareRepertoires(sizes(cells.get(String(row['sample']))!, 'clone_id'), sizes(cells.get(other)!, 'clone_id')).jaccard!, expected);
      }
    }
  });

  test('the p value of each clone, blood against lung', () => {
    const rows = read('ards_tcr_imbalance_top60.csv');
    expect(rows.length).toBeGreaterThan(200);
    for (const row of rows) {
      const [a, b, nA, nB] = ['blood', 'lung', 'n_blood', 'n_lung'].map((column) => Number(row[column]));
      const test = testFisherExact({withBefore: a, withoutBefore: nA - a, withAfter: b, withoutAfter: nB - b});
      // One p is below what a double can hold.
      expect('p' in test ? (Number(row['pValue']) === 0 ? test.p : Math.abs(test.p / Number(row['pValue']) - 1)) : test, `${a} of ${nA}, ${b} of ${nB}`).toBeLessThan(1e-7);
    }
  });
});

function near(value: number, expected: unknown): void {
  expect(Math.abs(value - Number(expected)), `${value} against ${String(expected)}`).toBeLessThanOrEqual(1e-10 * Math.max(1, Math.abs(Number(expected))));
}
