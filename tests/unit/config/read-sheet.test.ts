import {expect, test} from 'vitest';
import {parseSamplesSheet} from '../../../pipeline/config/read-sheet.ts';
import {failureText} from '../../../pipeline/console/failure-text.ts';

test('BOM, CRLF, quotes and trailing tabs are read through; a stray timepoint is told', () => {
  const head = '\uFEFFsample_id\tpatient_id\ttimepoint\tday\tlibrary\tpath\t\r\n';
  const good = parseSamplesSheet('s.tsv', `${head}"S1"\tP1\tmonth1\t0\tgex\ta\t\r\n`, ['month1']);
  expect(good.ok && good.value[0].library_id).toBe('S1-gex');
  const bad = parseSamplesSheet('s.tsv', `${head}S1\tP1\tmonth2\t0\tgex\ta\r\n`, ['month1']);
  expect(bad.ok ? '' : failureText(bad.error[0]).split('\n')[0]).toBe('s.tsv:2:1 unknown timepoint "month2", expected month1. Did you mean "month1"?');
});
