// Every encoding that today's anndata writes (data/h5ad/anndata_current, 48 files), against what was in memory when it was written.
import {describe, expect, test} from 'vitest';
import {readAwkward} from '../../../pipeline/formats/anndata-awkward.ts';
import {readAnnData, readH5ad} from '../../../pipeline/formats/h5ad.ts';
import {groupAt, readHdf5, type Group} from '../../../pipeline/formats/hdf5.ts';
import {dataFile, sharedData} from '../../rig/shared-data.ts';
import {expectedFiles, expectedWords, foundWords} from './anndata-expected.ts';

if (sharedData === undefined) console.log('Real AnnData files are skipped: no LYMPHLINE_DATA and no ../shared/data.');

/** What we do not decode, and the word for it in the message. */
const refused: Readonly<Record<string, string>> = {
  'blosc_zstd_bitshuffle.h5ad': 'blosc', 'blosc_lz4.h5ad': 'blosc', 'blosc2_zstd.h5ad': 'blosc2', 'lz4.h5ad': 'lz4', 'bitshuffle_lz4.h5ad': 'bitshuffle',
};
const place = (name: string): string => dataFile(`h5ad/anndata_current/${name}`);

describe.skipIf(sharedData === undefined)('anndata 0.13', () => {
  const files = sharedData === undefined ? {} : expectedFiles();

  test('there are 48 files', () => expect(Object.keys(files)).toHaveLength(48));

  test.each(Object.keys(files).filter((name) => name.endsWith('.h5ad') && !(name in refused)))('%s', async (name) => {
    expect(foundWords(await readH5ad(place(name), {pairs: true}))).toEqual(expectedWords(files[name]));
  });

  test.each(Object.entries(refused))('%s is refused: its filter is named, and what to do', async (name, filter) => {
    await expect(readH5ad(place(name))).rejects.toThrow(new RegExp(`/X/data compressed with ${filter}; expected gzip, lzf, zstd or no compression. .*write_h5ad\\(other, compression="gzip"\\)`));
  });

  test('the modalities of a MuData file', async () => {
    const name = 'scirpy_gex_airr.h5mu';
    for (const modality of ['gex', 'airr']) {
      const found = await readHdf5(place(name), (root) => readAnnData(place(name), groupAt(groupAt(root, 'mod') as Group, modality) as Group));
      expect(foundWords(found)).toEqual(expectedWords(files[name].mod[modality]));
    }
  });

  test.each([['awkward.h5ad', ''], ['scirpy_airr.h5ad', ''], ['scirpy_gex_airr.h5mu', 'mod/airr']])('awkward arrays of %s', async (name, inside) => {
    const expected = (inside === '' ? files[name] : files[name].mod['airr']).obsm;
    for (const [element, {values}] of Object.entries(expected)) {
      expect(await readHdf5(place(name), (root) => readAwkward(place(name), root.get(`${inside}/obsm/${element}`) as Group)), element).toEqual(values);
    }
  });

  test('uns: nested, null, empty, tables, categories and arrays of several dimensions', async () => {
    const {uns} = await readH5ad(place('uns.h5ad'));
    expect(uns).toMatchObject({
      null: null, nested: {null: null, empty: {}, deeper: {text: 'x', list: [1, 2, 3]}}, text: 'hello', text_empty: '', text_unicode: 'ü日本', true: true, int: 7, float: 0.1, nan: NaN,
      list_of_text: ['a', 'b', ''], array_bool: [true, false], array_2d: [[0, 1, 2], [3, 4, 5]], array_3d: [[[0, 1], [2, 3]], [[4, 5], [6, 7]]], array_empty: [],
      frame: {_index: ['r1', 'r2'], g: ['a', 'b'], p: [0.5, null]}, category: ['a', null, 'b'], nullable: [1, null], rank_genes_groups: {names: {T: ['CD3D', 'IL7R'], B: ['MS4A1', 'CD79A']}, scores: {T: [2.5, 1], B: [3.5, NaN]}},
    });
  });
});
