// A labelled h5ad -> its cells with one of our labels, as counts or, where it has none, as the log values it holds.
import {mapLabels} from '../../pipeline/analysis/cell-annotation-labels.ts';
import {chooseCounts, geneNames} from '../../pipeline/analysis/cell-quality-input.ts';
import {logNormalised} from '../../pipeline/analysis/reference-profiles.ts';
import {closestName} from '../../pipeline/base/closest-name.ts';
import {FormatProblem} from '../../pipeline/base/format-problem.ts';
import {columnAsText, type AnnotatedMatrix} from '../../pipeline/data/annotated-matrix.ts';
import {selectRows, type SparseMatrix} from '../../pipeline/data/matrix.ts';
import type {CellTypes} from '../../pipeline/formats/cell-types.ts';
import {readCellsOfAny} from '../../pipeline/formats/mudata.ts';

export interface Reference {
  /** Labelled cells x genes. */
  readonly logValues: SparseMatrix;
  readonly symbols: readonly string[];
  /** One of ours for each cell. */
  readonly labels: readonly string[];
}

export interface ReferenceRequest {
  readonly column: string;
  readonly map: Readonly<Record<string, string>>;
  readonly cellTypes: CellTypes;
}

export async function readReference(path: string, {column, map, cellTypes}: ReferenceRequest): Promise<Reference> {
  const data = await readCellsOfAny(path, {uns: false, obsm: false});
  const written = columnAsText(data.obs, column);
  if (written === undefined) {
    const near = closestName(column, [...data.obs.columns.keys()]);
    throw new FormatProblem(path, {
      found: `obs without the column "${column}" (it has ${[...data.obs.columns.keys()].join(', ') || 'none'})`,
      expected: 'the labels of the reference',
      advice: near === undefined ? 'Name the column in the run file: label_reference: {path, column}.' : `Did you mean "${near}"?`,
    });
  }
  const {mapped, unknown} = mapLabels(written.flatMap((label) => label || []), cellTypes.types, map);
  if (unknown.length > 0) {
    throw new FormatProblem(path, {
      found: `labels that stand for no known cell type: ${unknown.join('; ')}`,
      expected: `one of ${cellTypes.types.map((type) => type.label).join(', ')}`,
      advice: 'Say what each stands for in cell_type_map of the run file.',
    });
  }
  const rows = [...written.keys()].filter((cell) => mapped.has(written[cell] ?? ''));
  const labels = rows.map((row) => mapped.get(written[row] as string)!.cell_subtype);
  if (new Set(labels).size < 2) {
    throw new FormatProblem(path, {found: `${new Set(labels).size} label in the column "${column}"`, expected: 'two labels or more, to tell cells apart', advice: 'Name another column, or another reference.'});
  }
  const {matrix, symbols} = valuesOf(path, data);
  return {logValues: selectRows(matrix, rows), symbols, labels};
}

function valuesOf(path: string, data: AnnotatedMatrix): {matrix: SparseMatrix; symbols: readonly string[]} {
  const chosen = chooseCounts(data);
  if (!('found' in chosen)) return {matrix: logNormalised(chosen.counts), symbols: geneNames(chosen.genes).symbols};
  const {X} = data;
  // Ranks need no counts, but a scaled gene has lost its place among the others.
  if (X?.kind === 'sparse' && X.values.every((value) => value >= 0)) return {matrix: X, symbols: geneNames(data.var).symbols};
  throw new FormatProblem(path, {
    found: chosen.found,
    expected: 'raw counts, or log-normalised values (sparse, none negative) in X',
    advice: 'Save the reference before scaling.',
  });
}
