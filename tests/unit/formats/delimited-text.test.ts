import {tmpdir} from 'node:os';
import {expect, test} from 'vitest';
import {readTable, writeTable} from '../../../pipeline/formats/delimited-text.ts';

test('a quoted cell with separator, quote and line break comes back', () => {
  const path = `${tmpdir()}/lymphline-${process.pid}.csv.gz`;
  writeTable(path, {columns: ['a', 'b'], rows: [{a: 'x,"y"\nz', b: null}, {a: 'p', b: true}]});
  expect(readTable(path).rows).toEqual([{a: 'x,"y"\nz', b: null}, {a: 'p', b: 'true'}]);
});
