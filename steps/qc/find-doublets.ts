// The doublet score and call of every barcode of a sample, well by well: two cells share a droplet only within one.
import type {RemovalReason} from '../../pipeline/analysis/cell-quality.ts';
import {expectedDoubletRate, type WellCells} from '../../pipeline/analysis/doublet-score.ts';
import {randomStream} from '../../pipeline/base/random.ts';
import {selectRows} from '../../pipeline/data/matrix.ts';
import type {StepJob} from '../../pipeline/step-runtime/run-step.ts';
import type {SampleCells} from './join-wells.ts';
import {leastCells, scoreDoublets} from './score-doublets.ts';

export interface DoubletFacts {
  readonly score: number | null;
  readonly call: 'doublet' | 'singlet' | null;
  /** Least score that is called in the cell's well. */
  readonly threshold: number | null;
  readonly missing: string | null;
}

const without = (missing: string): DoubletFacts => ({score: null, call: null, threshold: null, missing: `doublet_score: ${missing}`});

/** `reasons`: why a barcode is removed already; those are not judged. */
export async function findDoublets(job: StepJob, sample: SampleCells, reasons: readonly (RemovalReason | null)[]): Promise<DoubletFacts[]> {
  if (job.param('doublets') === 'off') return reasons.map(() => without('not looked for'));
  const facts = reasons.map(() => without('not kept'));
  const asked = job.param<number | 'auto'>('doublet_rate');
  for (const [well, barcodes] of Map.groupBy(reasons.keys(), (cell) => sample.gemWells[cell])) {
    const cells = barcodes.filter((cell) => reasons[cell] === null);
    if (cells.length < leastCells) {
      for (const cell of cells) facts[cell] = without(`${cells.length} cells in the well, ${leastCells} needed`);
      continue;
    }
    const expectedRate = asked === 'auto' ? expectedDoubletRate(cellsOfWell(sample, well, barcodes)) : asked;
    const {scores, threshold, missing} = await scoreDoublets(selectRows(sample.counts, cells), {expectedRate, random: randomStream(job.seed, `doublets ${well}`), threads: job.limits.cpus});
    for (const [k, cell] of cells.entries()) {
      facts[cell] = {score: scores[k], call: threshold === null ? null : scores[k] >= threshold ? 'doublet' : 'singlet', threshold, missing: missing === null ? null : `doublet_call: ${missing}`};
    }
  }
  return facts;
}

function cellsOfWell({pooled, files}: SampleCells, well: string, barcodes: readonly number[]): WellCells {
  const count = (reason: string): number => barcodes.filter((cell) => pooled?.[cell] === reason).length;
  return {
    nBarcodes: barcodes.length, nDoublets: count('demux_doublet'), nUnassigned: count('demux_unassigned'),
    nOfOtherSamples: files.filter((file) => file.gemWell === well).reduce((sum, file) => sum + file.nOfOtherSamples, 0),
  };
}
