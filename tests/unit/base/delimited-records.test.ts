import {expect, test} from 'vitest';
import {delimitedRecords, separatorOf} from '../../../pipeline/base/delimited-records.ts';

const read = (text: string, separator: '\t' | ',' = ',') => [...delimitedRecords(text, separator)];

test('every cell comes with its line and the offset at which it starts', () => {
  const text = '\uFEFFa,b\r\n"x,""y""\nz",2\r\n\r\n,last';
  const records = read(text);
  expect(records.map(({cells, line}) => ({cells, line}))).toEqual([
    {cells: ['a', 'b'], line: 1},
    {cells: ['x,"y"\nz', '2'], line: 2},
    {cells: ['', 'last'], line: 5},
  ]);
  expect(records.map(({offsets}) => offsets.map((offset) => text[offset]))).toEqual([['a', 'b'], ['"', '2'], [',', 'l']]);
});

test('empty cells at the end of a line count, with and without a line break behind it', () => {
  expect(read('a\tb\t\nc\td\t', '\t').map(({cells}) => cells)).toEqual([['a', 'b', ''], ['c', 'd', '']]);
});

test('a quote inside a cell is a character; text behind a closing quote belongs to the cell', () => {
  expect(read('5" pipe,"a"b').map(({cells}) => cells)).toEqual([['5" pipe', 'ab']]);
});

test('a quote that never closes marks its record', () => {
  expect(read('a,b\n1,"2\n3,4\n').map(({line, isUnclosed}) => [line, isUnclosed])).toEqual([[1, false], [2, true]]);
});

test('the separator is a tab where the header has one', () => {
  expect([separatorOf('a\tb,c\n'), separatorOf('a,b\nc\td'), separatorOf('\uFEFF\n\na\tb')]).toEqual(['\t', ',', '\t']);
});
