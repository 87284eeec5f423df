// The page says how far receptors and matrix name the same cells.
import {expect, test} from 'vitest';
import {reportPage} from '../../../pipeline/figures/page.ts';

test('a rule that was applied to barcodes, and the match rate, are on the page', () => {
  const rows = [{sample_id: 'S1', patient_id: 'P1', timepoint: 'before', day: '0', library_id: 'S1-tcr', n_vdj_cells: '482', n_matrix_barcodes: '972', n_both: '481', match_rate: '0.9979', rule: 'without the number behind the barcode (-1)', missing: null}];
  const data = {tables: {barcode_match: rows}, timepoints: ['before'], contrasts: [], patients: ['P1'], lineageColours: new Map<string, string>()};
  const page = reportPage({name: 'n', version: '0', seed: 1, asksForGenes: false, scores: [], steps: {}, libraries: {}, data, figures: [], findings: [], sheet: [], sources: []}, {style: {text: '', hash: ''}, script: {text: '', hash: ''}});
  expect(page).toContain('Receptor cells among the barcodes of the matrix: 1 rows');
  expect(page).toContain('<td>482</td><td>972</td><td>481</td><td>0.9979</td><td>without the number behind the barcode (-1)</td>');
});
