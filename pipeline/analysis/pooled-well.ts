// Which barcodes of a pooled well one of its samples takes: those of its label, and those that are no one's, so that qc counts them under a reason.
import {closestName} from '../base/closest-name.ts';
import {FormatProblem} from '../base/format-problem.ts';
import {leastMatch, matchBarcodes} from './barcode-match.ts';

export interface DemuxLabels {
  /** Barcode -> label; null for a droplet of several, undefined for one that is no one's. */
  readonly labelOf: ReadonlyMap<string, string | null | undefined>;
  readonly labels: readonly string[];
}

export interface PooledWell {
  /** Rows of the matrix, ascending. */
  readonly rows: readonly number[];
  /** One a row: whose it is, or why it is no one's. */
  readonly demux: readonly ('own' | 'doublet' | 'unassigned')[];
  /** Barcodes that other labels have. */
  readonly nOthers: number;
}

/** `path`: of the table, for the FormatProblem where it does not have the label or is of another well. */
export function takeLabel(path: string, {labelOf, labels}: DemuxLabels, label: string, barcodes: readonly string[]): PooledWell {
  if (!labels.includes(label)) {
    const near = closestName(label, labels);
    throw new FormatProblem(path, {found: `no barcode of "${label}" (the table has ${labels.join(', ') || 'no label'})`, expected: 'the demux_label of the samples sheet', advice: near === undefined ? 'Name one of them in demux_label.' : `Did you mean "${near}"?`});
  }
  const match = matchBarcodes([...labelOf.keys()], barcodes);
  if (match.rate < leastMatch) {
    throw new FormatProblem(path, {
      found: `${match.nBoth} of ${match.nVdj} barcodes in the matrix (${[...labelOf.keys()].slice(0, 2).join(', ')}; the matrix has ${barcodes.slice(0, 2).join(', ')})${match.ambiguous === null ? '' : `; ${match.ambiguous}`}`,
      expected: 'the table of this gem well', advice: 'Check that table and matrix are of the same well and write barcodes alike.',
    });
  }
  const known = new Map([...labelOf].map(([barcode, held]) => [match.rename(barcode), held]));
  const states = barcodes.map((barcode) => stateOf(known.get(barcode), label));
  const rows = [...states.keys()].filter((row) => states[row] !== 'other');
  return {rows, demux: rows.map((row) => states[row] as PooledWell['demux'][number]), nOthers: barcodes.length - rows.length};
}

function stateOf(held: string | null | undefined, label: string): PooledWell['demux'][number] | 'other' {
  if (held === undefined) return 'unassigned';
  if (held === null) return 'doublet';
  return held === label ? 'own' : 'other';
}
