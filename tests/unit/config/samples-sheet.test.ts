import {expect, test} from 'vitest';
import {parseSamplesSheet} from '../../../pipeline/config/samples-sheet.ts';
import {failureText} from '../../../pipeline/console/failure-text.ts';
import {header, load, sheetOf} from './study.ts';

const read = (content: string, timepoints: readonly string[] = ['baseline', 'month3'], hasCells = false) => parseSamplesSheet('s.tsv', content, {timepoints, hasCells});
const messages = (...ask: Parameters<typeof read>): string[] => read(...ask).failures.map(failureText);

test('BOM, CRLF, quotes and trailing tabs are read through; a stray timepoint is told', () => {
  const head = '\uFEFFsample_id\tpatient_id\ttimepoint\tday\tlibrary\tpath\t\r\n';
  const good = read(`${head}"S1"\tP1\tmonth1\t0\tgex\ta\t\r\n`, ['month1']);
  expect([good.failures, good.rows[0].library.library_id]).toEqual([[], 'S1-gex']);
  expect(messages(`${head}S1\tP1\tmonth2\t0\tgex\ta\r\n`, ['month1'])).toEqual(['s.tsv:2:7 unknown timepoint "month2", expected month1. Did you mean "month1"?\n     2 | S1\tP1\tmonth2\t0\tgex\ta\n           \t  \t~~~~~~']);
});

test('ids stay text, and optional columns have their defaults', () => {
  expect(read(sheetOf('007\tP1\tbaseline\t\tgex\ta')).rows[0].library.columns).toMatchObject({sample_id: '007', day: '', tissue: 'blood', cell_subset: 'PBMC', gem_well: '007', library_id: '007-gex', excluded: ''});
});

test('columns that are missing are asked for; a near name is taken for a slip', () => {
  expect(messages('sample_id,patient_id,time_point,library,path\n')).toEqual([
    's.tsv:1:22 the column "timepoint" is missing. Is it the one called "time_point"?\n     1 | sample_id,patient_id,time_point,library,path\n                              ~~~~~~~~~~',
    's.tsv:1:1 the column "day" is missing. Add the column day.\n     1 | sample_id,patient_id,time_point,library,path\n         ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~',
  ]);
});

test('sheets of nf-core pipelines are recognised', () => {
  expect(messages('sample,fastq_1,fastq_2\na,b,c\n')).toEqual([
    's.tsv:1:1 this is a sheet of nf-core/scrnaseq: it lacks sample_id, patient_id, timepoint, day, library.\n    Rename sample to sample_id; add patient_id, timepoint (a label of the run file), day (days from infusion, may be empty), library (gex, tcr, bcr, adt or vdj). Other columns may stay.\n     1 | sample,fastq_1,fastq_2\n         ~~~~~~~~~~~~~~~~~~~~~~',
  ]);
  expect(messages('filename\tspecies\tsubject_id\tsample_id\ttissue\tpcr_target_locus\n')[0].split('\n').slice(0, 2)).toEqual([
    's.tsv:1:1 this is a sheet of nf-core/airrflow: it lacks patient_id, timepoint, day, library, path.',
    '    Rename subject_id to patient_id, filename to path, pcr_target_locus to library (gex, tcr, bcr, adt or vdj); add timepoint (a label of the run file), day (days from infusion, may be empty). Other columns may stay.',
  ]);
});

test('each cell is checked and told at its own column', () => {
  expect(messages(sheetOf('S1\tP1\tbaseline\tday 0\tGEX\ta', 'S2\t\tmonth3\t90\tgex\t', 'S3\tP2\tmonth3\t90\t\ta'))).toEqual([
    's.tsv:2:16 day is "day 0", expected a number of days, or empty.\n     2 | S1\tP1\tbaseline\tday 0\tGEX\ta\n           \t  \t        \t~~~~~',
    's.tsv:2:22 unknown library "GEX", expected gex | tcr | bcr | adt | vdj. Did you mean "gex"?\n     2 | S1\tP1\tbaseline\tday 0\tGEX\ta\n           \t  \t        \t     \t~~~',
    's.tsv:3:4 patient_id is empty.\n     3 | S2\t\tmonth3\t90\tgex\t\n           \t~',
    's.tsv:3:19 path is empty, though library is gex.\n    Name the file; where there is none, empty library too or say why in a column `excluded`.\n     3 | S2\t\tmonth3\t90\tgex\t\n           \t\t      \t  \t   \t~',
    's.tsv:4:17 library is empty, though the row names a file, expected gex | tcr | bcr | adt | vdj.\n     4 | S3\tP2\tmonth3\t90\t\ta\n           \t  \t      \t  \t~',
  ]);
});

test('with a cells block a gex row needs no path, a tcr row does', () => {
  expect(messages(sheetOf('S1\tP1\tbaseline\t0\tgex\t', 'S1\tP1\tbaseline\t0\ttcr\t'), undefined, true).map((text) => text.split('\n')[0])).toEqual(['s.tsv:3:22 path is empty, though library is tcr.']);
});

test('a declared gap is no problem', () => {
  expect(messages(`${header}\texcluded\nS1\tP1\tbaseline\t0\t\t\t\nS2\tP1\tmonth3\t90\tgex\t\tclotted\n`)).toEqual([]);
});

test('two matrices of one library, two samples that nothing tells apart, one sample with two days', () => {
  expect(messages(sheetOf('S1\tP1\tbaseline\t0\tgex\ta', 'S1\tP1\tbaseline\t0\tgex\tb', 'S2\tP1\tbaseline\t0\tgex\tc', 'S2\tP1\tbaseline\t1\ttcr\td'))).toEqual([
    's.tsv:5:16 sample S2 has day "1" here and "0" in row 4.\n    Rows of one sample differ only in their library; another sample needs another sample_id.\n     5 | S2\tP1\tbaseline\t1\ttcr\td\n           \t  \t        \t~',
    's.tsv:3:18 a second row for library "S1-gex" (the first is row 2). Give each matrix its own name in a column library_id.\n     3 | S1\tP1\tbaseline\t0\tgex\tb\n           \t  \t        \t \t~~~',
    's.tsv:4:1 samples S1 and S2 are both blood, PBMC of patient P1 at baseline.\n    Tell them apart in a column tissue or cell_subset, or give rows of one sample the same sample_id.\n     4 | S2\tP1\tbaseline\t0\tgex\tc\n         ~~',
  ]);
});

test('lanes of one library are several FASTQ rows', () => {
  const head = 'sample_id\tpatient_id\ttimepoint\tday\tlibrary\tfastq_1\tfastq_2';
  expect(messages(`${head}\nS1\tP1\tbaseline\t0\tgex\ta_1\ta_2\nS1\tP1\tbaseline\t0\tgex\tb_1\tb_2\n`)).toEqual([]);
  expect(messages(`${head}\nS1\tP1\tbaseline\t0\tgex\ta_1;b_1\ta_2\n`)[0].split('\n')[0]).toBe('s.tsv:2:30 2 files in fastq_1 and 1 in fastq_2, expected as many in one as in the other.');
});

test('a pooled well names its table and the label in it', () => {
  const head = 'sample_id\tpatient_id\ttimepoint\tday\tlibrary\tpath\tdemux\tdemux_label';
  expect(messages(`${head}\nS1\tP1\tbaseline\t0\tgex\tpool.h5\tdonor_ids.tsv\tdonor0\nS2\tP2\tbaseline\t0\tgex\tpool.h5\tdonor_ids.tsv\tdonor1\n`)).toEqual([]);
  expect(messages(`${head}\nS1\tP1\tbaseline\t0\tgex\tpool.h5\tdonor_ids.tsv\t\nS2\tP2\tbaseline\t0\tgex\tpool.h5\t\tdonor1\n`).map((message) => message.split('\n')[0])).toEqual([
    's.tsv:2:30 demux without a demux_label. Say in demux_label which cells of the pool are this sample.', 's.tsv:3:31 demux_label donor1 without a demux.',
  ]);
});

test('a header name twice, too few cells, too many, commas under tabs and an open quote are named with row and column', () => {
  expect(messages(`${header}\tday\n`)[0]).toBe(`s.tsv:1:49 a second column "day". Rename one; the first is column 4.\n     1 | ${header}\tday\n         ${header.replaceAll(/[^\t]/g, ' ')}\t~~~`);
  expect(messages(sheetOf('S1\tP1\tbaseline\t0\tgex', 'S2\tP1\tmonth3\t0\tgex\tb\tc', 'S3,P1,month3,0,gex,b', 'S4\tP1\tmonth3\t0\tgex\t"b'))).toEqual([
    's.tsv:2:18 row 2 has 5 cells, so none for column "path", expected 6, as in the header. A separator is missing; empty cells need theirs too.\n     2 | S1\tP1\tbaseline\t0\tgex\n           \t  \t        \t \t~~~',
    's.tsv:3:22 row 3 has a cell "c" under no column name (the 7th), expected 6, as in the header. Quote a cell that holds the separator, or name the column.\n     3 | S2\tP1\tmonth3\t0\tgex\tb\tc\n           \t  \t      \t \t   \t \t~',
    's.tsv:4:1 row 4 has 1 cell, so none for column "patient_id", expected 6, as in the header.\n    The header is separated by tabs; separate this row by tabs too.\n     4 | S3,P1,month3,0,gex,b\n         ~~~~~~~~~~~~~~~~~~~~',
    's.tsv:5:20 a quote that never closes in column "path". Close it, or double it where it is meant as a character.\n     5 | S4\tP1\tmonth3\t0\tgex\t"b\n           \t  \t      \t \t   \t~~',
  ]);
});

test('an empty sheet and one with semicolons say so', () => {
  expect(messages('\n')).toEqual(['s.tsv:1:1 the sheet is empty, expected a header with the names of the columns.\n     1 | \n         ~']);
  expect(messages('sample_id patient_id timepoint\nS1 P1 month1\n').map((text) => text.split('\n').slice(0, 2))).toEqual([['s.tsv:1:1 the columns are separated by spaces, expected tabs or commas.', '    Save the sheet as TSV or CSV; an editor may have turned its tabs into spaces.']]);
  expect(messages('sample_id;patient_id\n')).toEqual(['s.tsv:1:1 the columns are separated by semicolons, expected tabs or commas. Save the sheet as TSV, or as CSV with commas.\n     1 | sample_id;patient_id\n         ~~~~~~~~~~~~~~~~~~~~']);
});

test('bytes that are no UTF-8 are named with row and column', async () => {
  const bytes = Buffer.from(`${header}\ttissue\n007\tP1\tbaseline\t-3\tgex\ta.h5\tL\xfcbeck\n`, 'latin1');
  expect((await load({files: {'samples.tsv': bytes}})).messages).toEqual([
    'samples.tsv:2:30 a byte that is not UTF-8 (0xFC) in column "tissue", expected UTF-8 text. Save the file as UTF-8 (in Excel: "CSV UTF-8").\n     2 | 007\tP1\tbaseline\t-3\tgex\ta.h5\tL\uFFFDbeck\n            \t  \t        \t  \t   \t    \t ~',
  ]);
  expect((await load({files: {'samples.tsv': Buffer.from('PK\x03\x04')}})).messages[0].split('\n')[0]).toBe('samples.tsv:1:1 an Excel workbook or a zip archive, expected UTF-8 text. Export the sheet as "CSV UTF-8".');
});

test.each([
  ['batch', '2024-05-01', 'batch holds a calendar date', 'Name batches by a code, such as A.'],
  ['operator', 'ward@hospital.example', 'operator holds an e-mail address, a telephone number or an address', 'Take the column out.'],
  ['collection_date', '3', 'the column "collection_date" holds a calendar date', 'Give days from the infusion in the column day, negative before it.'],
])('a samples sheet with %s %s is refused', (column, cell, found, advice) => {
  const [message] = messages(`${header}\t${column}\nS1\tP1\tbaseline\t0\tgex\ta\t${cell}\n`);
  expect(message).toContain(`${found}, expected nothing that names a person or a calendar day.`);
  expect(message).toContain(advice);
});

test('in a samples sheet paths and ids may be numbered as they are', () => {
  expect(messages(`${header}\tfastq_dir\nP-1-2-10\tP-1-2-10\tbaseline\t0\tgex\t/data/2024-05-01/a.h5\tx\n`)).toEqual([]);
  expect(messages(sheetOf('S1\tAda Example\tbaseline\t0\tgex\ta'))[0]).toContain('patient_id holds a name');
});
