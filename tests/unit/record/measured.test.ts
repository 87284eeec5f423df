import {appendFileSync, mkdtempSync, statSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {appendMeasured, measuredFile, readMeasured, type Measured} from '../../../pipeline/record/measured.ts';

const one = (step: string, seconds: number): Measured => ({step, input_bytes: 10, outputs: {cells: 5}, seconds});

test('what jobs took is read back by step, whatever a killed process left half-written', () => {
  const path = measuredFile(mkdtempSync(join(tmpdir(), 'lymphline-measured-')));
  appendMeasured(path, [one('qc', 1), one('align', 2)]);
  appendFileSync(path, '{"step": "qc", "inp');
  appendMeasured(path, [one('qc', 3)]);
  expect(readMeasured(path).get('qc')?.map(({seconds}) => seconds)).toEqual([1, 3]);
  expect(readMeasured(path).get('align')?.map(({seconds}) => seconds)).toEqual([2]);
  expect(readMeasured(`${path}.none`).size).toBe(0);
});

test('the file does not grow for ever: of each step the latest 200 stay', () => {
  const path = measuredFile(mkdtempSync(join(tmpdir(), 'lymphline-measured-')));
  // 60 bytes a line and more: 80,000 lines are above the 4 MB that are kept.
  appendMeasured(path, Array.from({length: 80_000}, (_, k) => one(k % 2 === 0 ? 'qc' : 'align', k)));
  expect(statSync(path).size).toBeLessThan(40_000);
  expect(readMeasured(path).get('qc')?.map(({seconds}) => seconds)).toEqual(Array.from({length: 200}, (_, k) => 79_600 + 2 * k));
});
