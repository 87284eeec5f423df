// A small cohort with planted cell types: each type expresses the markers that configs/cell-types.yaml gives it.
import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {randomStream} from '../../../pipeline/base/random.ts';
import type {FeatureMatrix} from '../../../pipeline/data/feature-matrix.ts';
import {readCellTypes} from '../../../pipeline/formats/cell-types.ts';
import {writeTenxH5} from '../../../pipeline/formats/tenx-h5.ts';
import {cellTypes} from './collect-cells-chain.ts';

/** Label of a lineage or type -> cells of it. */
export type Plan = Readonly<Record<string, number>>;

const housekeeping = Array.from({length: 40}, (_, k) => `HK${k + 1}`);
const mitochondrial = ['MT-CO1', 'MT-ND1', 'MT-CYB'];
const known = readCellTypes(cellTypes).types;

/** Poisson counts: own markers 4, those of other types 0.02, 40 further genes 3, mitochondrial genes 1 (`dying` cells: 40). */
export function plantCells(plan: Plan, seed: number, more: {dying?: number} = {}): FeatureMatrix & {readonly types: readonly string[]} {
  const markers = [...new Set(known.flatMap((type) => [...type.markers.keys()]))].sort();
  const symbols = [...markers, ...housekeeping, ...mitochondrial];
  const random = randomStream(seed, 'planted cells');
  const types = [...Object.entries(plan).flatMap(([label, n]) => Array<string>(n).fill(label)), ...Array<string>(more.dying ?? 0).fill('dying')];
  const own = new Map(Object.keys(plan).map((label) => {
    const type = known.find((one) => one.label === label);
    const parent = known.find((one) => one.label === type?.parent);
    return [label, new Set([...(type?.markers.keys() ?? []), ...(parent?.markers.keys() ?? [])])];
  }));
  const [indptr, indices, values] = [[0], [] as number[], [] as number[]];
  for (const type of types) {
    for (const [column, symbol] of symbols.entries()) {
      const mean = symbol.startsWith('MT-') ? (type === 'dying' ? 40 : 1) : symbol.startsWith('HK') ? 3 : own.get(type)?.has(symbol) ? 4 : 0.02;
      let count = 0;
      for (let product = random.uniform(); product > Math.exp(-mean); product *= random.uniform()) count++;
      if (count > 0) {
        indices.push(column);
        values.push(count);
      }
    }
    indptr.push(indices.length);
  }
  return {
    counts: {
      kind: 'sparse', nRows: types.length, nColumns: symbols.length,
      indptr: Uint32Array.from(indptr), indices: Uint32Array.from(indices), values: Float32Array.from(values),
    },
    barcodes: types.map((_, k) => `${barcode(k)}-1`),
    features: {
      ids: symbols.map((_, k) => `ENSG${String(k + 1).padStart(11, '0')}`),
      symbols,
      types: symbols.map(() => 'Gene Expression'),
      genomes: symbols.map(() => 'GRCh38'),
    },
    types,
  };
}

/** Four letters a digit of the number, as 16 bases. */
function barcode(k: number): string {
  return Array.from({length: 16}, (_, at) => 'ACGT'[Math.floor(k / 4 ** at) % 4]).reverse().join('');
}

export async function writeSample(folder: string, sampleId: string, cells: FeatureMatrix): Promise<string> {
  mkdirSync(folder, {recursive: true});
  const path = join(folder, `${sampleId}.h5`);
  await writeTenxH5(path, cells);
  return path;
}

/** A Cell Ranger folder, not compressed. */
export function writeMatrixMarket(folder: string, {counts, barcodes, features}: FeatureMatrix): string {
  mkdirSync(folder, {recursive: true});
  const entries = barcodes.flatMap((_, cell) =>
    Array.from(counts.indices.subarray(counts.indptr[cell], counts.indptr[cell + 1]), (gene, k) => `${gene + 1} ${cell + 1} ${counts.values[counts.indptr[cell] + k]}`));
  const lines = ['%%MatrixMarket matrix coordinate integer general', `${features.symbols.length} ${barcodes.length} ${entries.length}`, ...entries];
  writeFileSync(join(folder, 'matrix.mtx'), `${lines.join('\n')}\n`);
  writeFileSync(join(folder, 'barcodes.tsv'), `${barcodes.join('\n')}\n`);
  writeFileSync(join(folder, 'features.tsv'), `${features.symbols.map((symbol, k) => `${features.ids[k]}\t${symbol}\t${features.types[k]}`).join('\n')}\n`);
  return folder;
}
