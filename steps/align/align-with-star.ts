// STARsolo: its command, and its Solo.out as the outputs of the step.
import {copyFileSync, mkdirSync} from 'node:fs';
import {join} from 'node:path';
import {endOf, type Span} from '../../pipeline/data/chemistry.ts';
import {readMatrixMarket, readMatrixMarketFolder, writeMatrixMarketFolder} from '../../pipeline/formats/matrix-market.ts';
import {readStarsoloSummary} from '../../pipeline/formats/starsolo-summary.ts';
import {runTool} from '../../pipeline/step-runtime/run-tool.ts';
import type {StepJob} from '../../pipeline/step-runtime/run-step.ts';
import {calledCells, type CellCalling} from './cell-calling.ts';
import type {Reads} from './gather-reads.ts';
import {refuseUncounted, type ToolMetrics} from './metrics.ts';

interface StarSetting {
  readonly scratch: string;
  readonly reads: Reads;
  readonly calling: CellCalling;
}

export async function alignWithStar(job: StepJob, {scratch, reads, calling}: StarSetting): Promise<ToolMetrics> {
  const feature = job.param<boolean>('count_introns') ? 'GeneFull' : 'Gene';
  await runTool({
    folder: scratch,
    argv: [
      'STAR', '--runThreadN', String(job.limits.cpus), '--genomeDir', 'index',
      // -f passes plain files through.
      '--readFilesCommand', 'gzip', '-cdf', '--readFilesIn', reads.pairs.map(([, read2]) => read2).join(','), reads.pairs.map(([read1]) => read1).join(','),
      ...barcodeOptions(reads), '--soloStrand', reads.chemistry.strand === 'forward' ? 'Forward' : 'Reverse', '--soloFeatures', feature,
      '--soloCellFilter', ...cellFilter(job, calling), '--clipAdapterType', 'CellRanger4', '--outFilterScoreMin', '30', '--outSAMtype', 'None',
    ],
  });
  const solo = join(scratch, 'Solo.out', feature);
  const metrics = starMetrics(readStarsoloSummary(join(solo, 'Summary.csv')), feature);
  copyMatrix(join(solo, 'raw'), job.output('raw'));
  // Then STAR calls no cells, and writes no file of them.
  if (readMatrixMarket(join(solo, 'raw/matrix.mtx')).indices.length === 0) refuseUncounted(job, metrics);
  if (calling === 'emptydrops') copyMatrix(join(solo, 'filtered'), job.output('matrix'));
  else writeMatrixMarketFolder(job.output('matrix'), calledCells(job, await readMatrixMarketFolder(job.output('raw')), calling));
  return metrics;
}

/** The barcode's length is checked by check-reads, which allows a read that goes on behind it: hence soloBarcodeReadLength 0. */
function barcodeOptions({chemistry, whitelists}: Reads): string[] {
  const {barcode, umi, anchor} = chemistry;
  const common = ['--soloBarcodeReadLength', '0'];
  if (barcode.length === 1 && anchor === undefined) {
    const [{start, length}] = barcode;
    return [
      '--soloType', 'CB_UMI_Simple', '--soloCBwhitelist', whitelists[0] ?? 'None', ...common,
      '--soloCBstart', String(start), '--soloCBlen', String(length), '--soloUMIstart', String(umi.start), '--soloUMIlen', String(umi.length),
    ];
  }
  // Positions are counted from 0, from the start of the read (0) or of the anchor (2).
  const [from, first] = anchor === undefined ? [0, 1] : [2, anchor.start];
  const position = (span: Span): string => `${from}_${span.start - first}_${from}_${endOf(span) - first}`;
  return [
    '--soloType', 'CB_UMI_Complex', '--soloCBwhitelist', ...barcode.map((_, part) => whitelists[part] ?? whitelists[0]), '--soloCBmatchWLtype', '1MM', ...common,
    '--soloCBposition', ...barcode.map(position), '--soloUMIposition', position(umi), ...(anchor === undefined ? [] : ['--soloAdapterSequence', anchor.sequence]),
  ];
}

/** The other rules are ours, on the raw matrix: then they mean the same with every aligner. */
function cellFilter(job: StepJob, calling: CellCalling): string[] {
  if (calling !== 'emptydrops') return ['None'];
  const numbers = ['expect_cells', 'max_percentile', 'max_min_ratio', 'ambient_from', 'ambient_to', 'min_umis', 'min_fraction_of_median', 'max_candidates', 'fdr', 'simulations'];
  return ['EmptyDrops_CR', ...numbers.map((name) => String(job.param<number>(name)))];
}

function copyMatrix(from: string, to: string): void {
  mkdirSync(to, {recursive: true});
  for (const name of ['barcodes.tsv', 'features.tsv', 'matrix.mtx']) copyFileSync(join(from, name), join(to, name));
}

function starMetrics(summary: ReadonlyMap<string, number | null>, feature: string): ToolMetrics {
  const named = (name: string): number | null => summary.get(name) ?? null;
  return {
    n_reads: named('Number of Reads'),
    share_valid_barcodes: named('Reads With Valid Barcodes'),
    share_mapped: named('Reads Mapped to Genome: Unique+Multiple'),
    share_mapped_once: named('Reads Mapped to Genome: Unique'),
    share_mapped_to_genes: named(`Reads Mapped to ${feature}: Unique ${feature}`),
    sequencing_saturation: named('Sequencing Saturation'),
    q30_barcode_and_umi: named('Q30 Bases in CB+UMI'),
    q30_read_2: named('Q30 Bases in RNA read'),
  };
}
