// One path of the sheet -> counts with barcodes and features, whatever the format; refuses what holds no counts.
import {chooseCounts, countsPlaces, findNonCount, geneNames} from '../../pipeline/analysis/cell-quality-input.ts';
import {FormatProblem} from '../../pipeline/base/format-problem.ts';
import type {AnnotatedMatrix} from '../../pipeline/data/annotated-matrix.ts';
import type {FeatureMatrix} from '../../pipeline/data/feature-matrix.ts';
import {readH5ad} from '../../pipeline/formats/h5ad.ts';
import {readLoom} from '../../pipeline/formats/loom.ts';
import {readMatrixMarketFolder} from '../../pipeline/formats/matrix-market.ts';
import {readExpression} from '../../pipeline/formats/mudata.ts';
import {sniffCounts, type CountsKind} from '../../pipeline/formats/sniff.ts';
import {readTenxH5} from '../../pipeline/formats/tenx-h5.ts';

export interface FoundMatrix extends FeatureMatrix {
  /** `tenx-h5`, `matrix-market`, `loom`, or `h5ad` and `h5mu` with the place in it. */
  readonly sourceFormat: string;
}

export async function readCounts(path: string): Promise<FoundMatrix> {
  const source = await sniffCounts(path);
  const found = await readSource(source.kind, source.path);
  check(path, found);
  return found;
}

async function readSource(kind: CountsKind, path: string): Promise<FoundMatrix> {
  const want = {obsm: false, uns: false};
  switch (kind) {
    case 'tenx-h5':
      return {...(await readTenxH5(path)), sourceFormat: kind};
    case 'matrix-market':
      return {...(await readMatrixMarketFolder(path)), sourceFormat: kind};
    case 'loom':
      return {...(await readLoom(path)), sourceFormat: kind};
    case 'h5ad':
      return countsOf(path, await readH5ad(path, want), kind);
    case 'h5mu': {
      const data = await readExpression(path, want);
      return countsOf(path, data, `${kind} mod/${data.modality}`);
    }
  }
}

function countsOf(path: string, data: AnnotatedMatrix, format: string): FoundMatrix {
  const chosen = chooseCounts(data);
  if ('found' in chosen) {
    throw new FormatProblem(path, {
      found: chosen.found,
      expected: `raw counts (whole numbers, none negative) in ${countsPlaces}`,
      advice: 'Save the raw counts in layers["counts"]: clusters are made from counts. Cells that were clustered already can be scored from normalised values, with `cells` in the run file.',
    });
  }
  const {ids, symbols, types} = geneNames(chosen.genes);
  return {counts: chosen.counts, barcodes: data.obs.index, features: {ids, symbols, types, genomes: ids.map(() => '')}, sourceFormat: `${format} ${chosen.where}`};
}

function check(path: string, {counts, barcodes, features}: FeatureMatrix): void {
  const refuse = (found: string, expected: string, advice: string): never => {
    throw new FormatProblem(path, {found, expected, advice});
  };
  if (barcodes.length === 0) refuse('a matrix without barcodes', 'at least one cell', 'Check that the file is whole.');
  if (areBarcodes(features.ids) && !areBarcodes(barcodes)) refuse(`genes called ${features.ids.slice(0, 3).join(', ')} and cells called ${barcodes.slice(0, 3).join(', ')}`, 'cells x genes', 'The matrix lies on its side: transpose it (adata.T in Python).');
  if (!features.types.some((type) => isGene(type))) refuse('no feature of type Gene Expression', 'genes', 'Name the gene expression matrix of this library.');
  const seen = new Set<string>();
  const twice = barcodes.find((barcode) => seen.size === seen.add(barcode).size);
  if (twice !== undefined) refuse(`barcode ${twice} twice`, 'each barcode once', 'Give each gem well its own row in the samples sheet.');
  const fault = findNonCount(counts);
  if (fault !== undefined) {
    refuse(
      `${Number(fault.value.toPrecision(6))} for ${features.symbols[fault.column]} in ${barcodes[fault.row]}`,
      'raw counts: whole numbers, none negative',
      'Name the raw matrix, not the normalised one.',
    );
  }
}

/** Most of them hold a run of nucleotides as long as a cell barcode's. */
const areBarcodes = (names: readonly string[]): boolean => names.filter((name) => /[ACGT]{12,}/.test(name)).length > names.length / 2;

export const isGene = (type: string): boolean => type === 'Gene Expression' || type === '';
