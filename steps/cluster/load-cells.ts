// Counts in the memory of scran.js, sample after sample: of what was read no second copy is kept, and the library holds most counts in a byte or two.
import * as scran from 'scran.js';
import type {CompactCounts} from '../../pipeline/analysis/compact-counts.ts';

export interface LoadedCells {
  readonly nRows: number;
  readonly nColumns: number;
  /** Genes x cells. */
  readonly raw: scran.ScranMatrix;
  /** Sum of the counts of each cell. */
  readonly librarySizes: Float64Array;
}

export interface CellLoader {
  /** Cells below those that are there; the arrays are not needed after it. */
  readonly add: (counts: CompactCounts) => void;
  /** At least one `add` before. */
  readonly cells: () => LoadedCells;
}

/** scran.js must be initialised. */
export function cellLoader(): CellLoader {
  const [parts, sizes]: [scran.ScranMatrix[], Float64Array[]] = [[], []];
  let nColumns = 0;
  return {
    add(counts) {
      const {values, indices, indptr} = counts;
      nColumns = counts.nColumns;
      parts.push(scran.initializeSparseMatrixFromSparseArrays(nColumns, counts.nRows, values, indices, indptr, {byRow: false, forceInteger: true, layered: true}));
      sizes.push(librarySizes(counts));
    },
    cells() {
      const all = new Float64Array(sizes.reduce((sum, own) => sum + own.length, 0));
      let at = 0;
      for (const own of sizes) {
        all.set(own, at);
        at += own.length;
      }
      return {nRows: all.length, nColumns, raw: parts.length === 1 ? parts[0] : scran.cbind(parts), librarySizes: all};
    },
  };
}

export function loadCells(counts: CompactCounts): LoadedCells {
  const loader = cellLoader();
  loader.add(counts);
  return loader.cells();
}

function librarySizes(counts: CompactCounts): Float64Array {
  const sizes = new Float64Array(counts.nRows);
  for (let cell = 0; cell < counts.nRows; cell++) {
    for (let k = counts.indptr[cell]; k < counts.indptr[cell + 1]; k++) sizes[cell] += counts.values[k];
  }
  return sizes;
}
