// The page says what was left out: every excluded sample once with its reason, the patients that a contrast has no pair of, and lineages that were not looked for.
import {expect, test} from 'vitest';
import {reportPage} from '../../../pipeline/figures/page.ts';

const reason = 'quarantined: qc ran out of memory';
const row = (patient_id: string, timepoint: string, library: string, excluded = ''): Record<string, string> => ({sample_id: `${patient_id}-${timepoint}`, patient_id, timepoint, library, path: 'x', day: '', excluded, tissue: 'blood'});

test('a sample with three libraries is one line, and its patient is named under each contrast that lost the pair', () => {
  const sheet = ['P1', 'P2'].flatMap((patient) => ['baseline', 'month3'].flatMap((timepoint) => ['gex', 'tcr', 'bcr'].map((library) => row(patient, timepoint, library, patient === 'P2' && timepoint === 'month3' ? reason : ''))));
  const contrasts = [{name: 'month3-vs-baseline', by: 'timepoint', before: 'baseline', after: 'month3', where: {}, primary: true}];
  const data = {tables: {}, timepoints: ['baseline', 'month3'], contrasts, patients: ['P1', 'P2'], lineageColours: new Map<string, string>(), cellTypes: []};
  const page = reportPage({name: 'n', version: '0', seed: 1, asksForGenes: false, data, figures: [], findings: [], scores: [], steps: {}, libraries: {}, sheet, sources: []}, {style: {text: '', hash: ''}, script: {text: '', hash: ''}});
  expect(page).toContain(`<h3>Samples</h3><ul><li>P2-month3: ${reason}</li></ul>`);
  expect(page).toContain(`<h3>Patients without a pair</h3><ul><li>month3-vs-baseline: P2 (timepoint month3 excluded: ${reason})</li></ul>`);
});

test('lineages whose markers the matrix lacks are named among the cells', () => {
  const evidence = [{cluster: '1', lineage: 'T cell', rank: '1', missing: null}, {cluster: null, lineage: 'B cell', rank: null, missing: 'not compared: 2 of 17 marker genes in the matrix, 3 needed; its cells bear another label'}];
  const data = {tables: {annotation_evidence: evidence}, timepoints: ['baseline'], contrasts: [], patients: ['P1'], lineageColours: new Map<string, string>(), cellTypes: []};
  const page = reportPage({name: 'n', version: '0', seed: 1, asksForGenes: false, data, figures: [], findings: [], scores: [], steps: {}, libraries: {}, sheet: [], sources: []}, {style: {text: '', hash: ''}, script: {text: '', hash: ''}});
  expect(page).toContain('<p>Lineages that could not be told, so that their cells bear another label: B cell (2 of 17 marker genes in the matrix).</p>');
});
