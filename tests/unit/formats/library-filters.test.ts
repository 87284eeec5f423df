// The filters of HDF5 itself that few files have: scale-offset, szip and n-bit, written by h5py 3.16 (HDF5 2.0.0), which our library could not make.
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {gunzipSync} from 'node:zlib';
import {expect, test} from 'vitest';
import type {Matrix} from '../../../pipeline/data/matrix.ts';
import {readH5ad} from '../../../pipeline/formats/h5ad.ts';
import {rowsOf} from './anndata-expected.ts';

/** An h5ad of 4 x 8 int32 in chunks of two rows: X by scale-offset, layers/szip, and layers/nbit of 20 bits. gzip, base64. */
const file = [
  'H4sIAAAAAAACA+1cvVMbRxTfOwlxQmAEBlt8GB/+BCZ4JD4CE3uIsE2iwjaaJIXGmYmRQWQ0AUkjYQ+kokyqpEzp0uk0qdxFRYr8CS4pUqRMkxmlCbmPt6fdRauD6I4Q837N6r17t3u3996+/e3e6dvUw496uoa7iAlNI0ESJSwOAelN',
  'XqbH16BUoPwGytcq1QetYzHQR6F+PWDLNdB/9snKCiGqU7/YzquQXcZBLi3b5SJBnAekVpbTZlkFOQ1lLWmX3SQF/naBDBCN5ArrxY184cvpnb1SztAPKYrleVHHVzXObzsaKjLJtNsH/ir6dbvtdTLtKVZ9afjdx9f3Mleu5IsFej0n',
  'uQ/V0oeaxh9VpBQ2/hRp/GWGCdMa4rzGX8bxI9CHeLtn+cJGbrfhj6k22/30yepDxfBqWk/1w9b21M+rU3xeegty/T3ejw8CvJ0WtMsJuC8d9PE7vF0G5N04n5fi84IdyLsLZ/O5fvxg9ZHCPFBufDKQLRQ2sjtZorLji9UfiTvmPUP3',
  'kTCUpvFmObudAzl45LwZ6zwqhwS/CQntLy8vP5iZTjgyq5819FoTfcLQh5vo44a+i9Dx20Zlp2yOstlyObtnyhHJ9Xa73GeP5LwLkvvsJY0x2noOc3xcOfp5mocE/ft22S/qwc8uivoZuxwQ9bN2OSjqE3Z5SdSDo1926ceYpD+GBL/Y',
  'yK/vmOWwxL9GJPajEvsrEvsxif1Vib0usR+X2F+T2F+X2N+Q2N8U9LRDb0n687bEfkJiPymxn5LYUxxEMAciEAgEAoFAIBD/d9D1TXHdo931zTCzyBIg/qxvBq16k3C806qX8mu3ekJMPR1WPYtwvMdQx8h6cevFdmG6WN7IlS0+rdjn',
  'KorStB8V4yyFaUABBkztgwIPDBjHlRb32wH1qaqt1qC+gEKpaZJrv93n1c30RxdprBO/AgKecVrST7BupzjrM6khjLV/Az/iJkLk+wJvYKHkuPsCUVhQwH2B8wnZvsDaGG/n9b4AzVs6LAQmx7zPW90+xV+PR3nrggd5i92HDAuyJsgh',
  'QTZ/q4x8SZAHBfmiIA8Icq8gRwW5T5D74Zo18dYO938+6K2PGKOUMVL99ezwbzvvHrUzsNp7+J31LJLhX3r/VH8brSVqSVWPrZm5K6laTynSsXT/9YQhGZe0H7QzYMB5Kp1iYuyvEe6ZiUizgULI9ziKIBAIBOK04cZb6bxea5u3JiE/',
  '7vvGWy8zPCYz5Q1vdTZSEf85b40R+fukpWlbhqmXK2+tPUHeiry1MT5Qf4pN83aVr/Mlsyw8z++wfplsk7eK76O1Ow4GGWce8in+hlvE3x/xZvFHpPGHwPhj44+Owz/ExfkJw5k9AI0/8f1NL+NvxKf4G22V/+Yw/hDtx19s7nTi7y28',
  'X1qf9T7+rvgUf2Ot8t8Cxh/Cg/y3cEr5T/guwcv4u+pT/Omt8t9djD+EB/nv7inlP/hwtf6B9/E37lP8XWuV/5Yw/hAe5L+lU8p/9yD/LXkff9d9ir8blj4srNfbC9SKyr9nprHXxchOvD7i49VZtw/YFUVICd4bsI+HjPMU404q69mt',
  'XHFzs5KzlsOc78KiTHuK8OxOAme/QA28uU+cJrTGrTRfsS0+r1jly6z12gPZyu4ZHW3pt0G/DXYlkK3yRcE+LyNc85pPfm/vLwSd9cP4Pb5d0S9pv9ZHeDvxvRe6TVFN8HYiz6L/l1BdFOyEfHTWYeYXpcn/Rbht19T0Bpdj/VfE7zov',
  'q5K4QiAQCAQCgUCcbQQsHmPMqzU6h9M94X8sT7vpE/+75SH/Sz615ZKU/01w/C9oHQ8670P8CHXqUDK8TUs34W1e9u/tI3xKdXhS9akbvwS7xxgLx+FTwy7nheAPUQZd+JQ+jnwKgUAgEAgE4t3mU97znwlLH2mL/xy93gEJ/1nk+E8H',
  'sBz6HniDT9mXQtsZcNpz+FDt8yZ8qJ+5z8c/dX5FedmvMDFOC3ytDn80mTnmvH3S5bnNw3x80mXe/gXO2xEIBAKBQCDeCfgxPzc/afwHcfrODVBmAAA=',
].join('');

// What was written, in numpy.
const rows = [[0, 3, 0, 1, 0, 7, 0, 0], [2, 0, 0, 0, 300, 0, 0, 1], [0, 0, 0, 0, 0, 0, 0, 0], [5, 0, 1, 0, 0, 0, 9, 0]];

test('scale-offset, szip and n-bit are read', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lymphline-filters-'));
  const path = join(folder, 'filters.h5ad');
  writeFileSync(path, gunzipSync(Buffer.from(file, 'base64')));
  const {X, layers} = await readH5ad(path);
  rmSync(folder, {recursive: true});
  expect([X, layers?.get('szip'), layers?.get('nbit')].map((matrix) => rowsOf(matrix as Matrix))).toEqual([rows, rows, rows]);
});
