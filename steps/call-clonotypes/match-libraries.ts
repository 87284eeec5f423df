// Receptor libraries whose barcodes are written otherwise than in the count matrix of their sample: found, put right where one rule does it, told.
import {matchBarcodes, type BarcodeMatch} from '../../pipeline/analysis/barcode-match.ts';
import type {Rearrangement} from '../../pipeline/data/rearrangement.ts';
import type {Row} from '../../pipeline/data/table.ts';
import {readTable} from '../../pipeline/formats/delimited-text.ts';
import {refuse, type StepJob} from '../../pipeline/step-runtime/run-step.ts';

/** Fewer V(D)J cells, as after depletion, may all be barcodes that the matrix does not call cells. */
const leastCells = 20;

export const matchColumns = ['sample_id', 'patient_id', 'timepoint', 'day', 'library_id', 'n_vdj_cells', 'n_matrix_barcodes', 'n_both', 'match_rate', 'rule', 'missing'];

export interface ReceptorLibrary {
  readonly row: Readonly<Record<string, string>>;
  readonly path: string;
  readonly chains: readonly Rearrangement[];
  /** What stands before the barcode in cell_id. */
  readonly prefix: string;
}

/** The matrix barcodes come from the cells table of QC, which has a row for every barcode read. */
export function matchLibraries(job: StepJob, libraries: readonly ReceptorLibrary[], keysOf: (sample: string) => Row): {rearrangements: Rearrangement[]; rows: Row[]} {
  const cellIds = Map.groupBy(job.inputFiles('qc_cells').flatMap(({path}) => readTable(path).rows), (row) => String(row['sample_id']));
  const rearrangements: Rearrangement[] = [];
  const rows: Row[] = [];
  for (const {row, path, chains, prefix} of libraries) {
    const {sample_id, library_id} = row;
    const matrix = (cellIds.get(sample_id) ?? []).map((cell) => String(cell['cell_id'])).filter((id) => id.startsWith(prefix)).map((id) => id.slice(prefix.length));
    const productive = new Set(chains.filter((chain) => chain.productive !== false && chain.junction_aa !== '').map((chain) => chain.barcode));
    const match = matchBarcodes([...productive], matrix);
    check(job, path, row, match);
    const missing = matrix.length === 0 ? 'no count matrix of the sample' : productive.size === 0 ? 'no cell with a productive chain' : match.ambiguous === null ? null : `not applied, since it is ambiguous: ${match.ambiguous}`;
    rows.push({
      ...keysOf(sample_id), library_id, n_vdj_cells: match.nVdj, n_matrix_barcodes: matrix.length === 0 ? null : match.nMatrix, n_both: matrix.length === 0 ? null : match.nBoth,
      match_rate: matrix.length === 0 || productive.size === 0 ? null : match.rate, rule: match.rule ?? (match.nBoth > 0 ? 'as written' : null), missing,
    });
    for (const chain of chains) {
      const barcode = match.rename(chain.barcode);
      rearrangements.push({...chain, barcode, cell_id: `${prefix}${barcode}`});
    }
  }
  return {rearrangements, rows};
}

function check(job: StepJob, path: string, {sample_id, library}: Readonly<Record<string, string>>, {nVdj, nMatrix, nBoth, rate, ambiguous}: BarcodeMatch): void {
  const least = job.param<number>('min_barcode_match');
  if (nMatrix === 0 || nVdj < leastCells || rate >= least) return;
  refuse({
    input: path,
    found: `${nBoth} of ${nVdj} ${library} cells among the ${nMatrix} barcodes of the count matrix of ${sample_id}${ambiguous === null ? '' : `; a rule that would help is ambiguous (${ambiguous})`}`,
    expected: `at least ${least * 100} % of either`,
    advice: 'Check that both libraries are of this sample. If they are, set call-clonotypes.min_barcode_match to 0 and clonal-abundance.denominator to vdj_cells.',
  });
}
