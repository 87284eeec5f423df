// The table that `labels.path` of the run file names -> lineage and type by cell_id.
import {mapLabels, type MappedLabel} from '../../pipeline/analysis/cell-annotation-labels.ts';
import {FormatProblem} from '../../pipeline/base/format-problem.ts';
import {columnAsText, type DataFrame} from '../../pipeline/data/annotated-matrix.ts';
import type {CellTypes} from '../../pipeline/formats/cell-types.ts';
import {readTable} from '../../pipeline/formats/delimited-text.ts';

export interface LabelSource {
  /** Of each file of kept cells. */
  readonly keptObs: readonly DataFrame[];
  readonly cellTypes: CellTypes;
  readonly column: string;
  readonly map: Readonly<Record<string, string>>;
}

/** Cells by `cell_id`, or by `sample_id` and `barcode`; labels of cells that are not kept are ignored, empty ones too. */
export function readUserLabels(path: string, {keptObs, cellTypes, column, map}: LabelSource): ReadonlyMap<string, MappedLabel> {
  const table = readTable(path);
  const hasCellId = table.columns.includes('cell_id');
  const missing = [column, ...(hasCellId ? [] : ['sample_id', 'barcode'])].filter((name) => !table.columns.includes(name));
  if (missing.length > 0) {
    throw new FormatProblem(path, {
      found: `the columns ${table.columns.join(', ')}`,
      expected: `${column}, and cell_id or sample_id and barcode`,
      advice: 'Name the column of the labels in the run file: labels: {path, column}.',
    });
  }
  const kept = keptCells(keptObs);
  const labelled = table.rows.flatMap((row): [string, string][] => {
    const key = hasCellId ? row.cell_id : `${row.sample_id}\t${row.barcode}`;
    const label = row[column];
    return label === null ? [] : (kept.get(String(key)) ?? []).map((cellId) => [cellId, String(label)]);
  });
  if (labelled.length === 0 && kept.size > 0) {
    throw new FormatProblem(path, {
      found: `no label for any of the kept cells, such as ${[...kept.keys()][0].replace('\t', ' ')}`,
      expected: 'rows whose cell_id, or sample_id and barcode, are those of the matrices',
      advice: 'Compare sample_id with the samples sheet, and the barcodes with those of the matrix (with or without -1).',
    });
  }
  const {mapped, unknown} = mapLabels(labelled.map(([, label]) => label), cellTypes.types, map);
  if (unknown.length > 0) {
    throw new FormatProblem(path, {
      found: `labels that stand for no known cell type: ${unknown.join('; ')}`,
      expected: `one of ${cellTypes.types.map((type) => type.label).join(', ')}`,
      advice: 'Say what each stands for in cell_type_map of the run file.',
    });
  }
  return new Map(labelled.map(([cellId, label]) => [cellId, mapped.get(label) as MappedLabel]));
}

/** By cell_id and by sample and barcode; with several wells one barcode may stand for several cells. */
function keptCells(keptObs: readonly DataFrame[]): Map<string, string[]> {
  const cells = new Map<string, string[]>();
  for (const obs of keptObs) {
    const [samples, barcodes] = ['sample_id', 'barcode'].map((name) => columnAsText(obs, name) as string[]);
    for (const [k, cellId] of obs.index.entries()) {
      for (const key of [cellId, `${samples[k]}\t${barcodes[k]}`]) cells.set(key, [...(cells.get(key) ?? []), cellId]);
    }
  }
  return cells;
}
