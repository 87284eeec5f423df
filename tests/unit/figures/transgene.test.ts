import {resolve} from 'node:path';
import {expect, test} from 'vitest';
import type {Row} from '../../../pipeline/data/table.ts';
import {reportPage} from '../../../pipeline/figures/page.ts';
import {transgeneNotes} from '../../../pipeline/figures/transgene.ts';
import {findingsText} from '../../../pipeline/figures/verdicts.ts';
import {readTable} from '../../../pipeline/formats/delimited-text.ts';

const steps = resolve(import.meta.dirname, '../../../steps');
const calls = readTable(`${steps}/call-car/example/expected/car_calls.tsv`).rows;
const contigs = readTable(`${steps}/build-reference/example/expected/contigs.tsv`).rows;
const dataOf = (tables: Record<string, readonly Row[]>) => ({tables, timepoints: ['before', 'after'], contrasts: [], patients: ['P1', 'P2'], lineageColours: new Map<string, string>()});

test('the transgene is told beside its floor, and a warning of the reference reaches the end of the run and the page', () => {
  const data = dataOf({car_calls: calls, reference_contigs: contigs});
  // Of the example: 3 of 4 T cells after; 1 of 6 cells before and 1 of 2 monocytes, whose exact upper bounds are 64.12 % and 98.74 %.
  const found = 'found (at least 1 UMI) in 3 of 4 T cells after the infusion; its floor: 1 of 6 cells before the infusion (at most 64 %), 1 of 2 later cells that are no T cells (at most 99 %); not assayed: P2-after.';
  expect(transgeneNotes(data)[0]).toEqual({heading: 'Transgene', sentence: found});
  expect(findingsText(data)).toContain(`\nTransgene: ${found}\nReference: CAR_BCMA: only 99 of the last 500 bp are unique (shared with CD8A, CD247)`);
  const page = reportPage({name: 'n', version: '0', seed: 1, asksForGenes: false, scores: [], steps: {}, libraries: {}, data, figures: [], findings: [], sheet: [], sources: []}, {style: {text: '', hash: ''}, script: {text: '', hash: ''}});
  expect(page).toContain('<strong>Reference</strong>: CAR_BCMA: only 99');
  // Three samples of three rows (all, T cell, monocyte) and three roles.
  expect(page).toContain('Cells with the transgene: 12 rows');
});

test('a run without a transgene says nothing of one; one that is assayed nowhere says that', () => {
  expect(transgeneNotes(dataOf({car_calls: [], reference_contigs: contigs.map((row) => ({...row, warning: null}))}))).toEqual([]);
  const nowhere = calls.filter((row) => row['sample_id'] === 'P2-after');
  expect(transgeneNotes(dataOf({car_calls: nowhere}))[0].sentence).toBe('no T cell after the infusion is assayed; its floor: no control is assayed; not assayed: P2-after.');
});
