// kallisto bus and bustools: the same outputs as STARsolo's. bustools knows no cells; the rule that calls them is ours.
import {existsSync, mkdirSync, readFileSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {endOf, type Span} from '../../pipeline/data/chemistry.ts';
import type {FeatureMatrix} from '../../pipeline/data/feature-matrix.ts';
import {readText} from '../../pipeline/formats/delimited-text.ts';
import {readMatrixMarket, writeMatrixMarketFolder} from '../../pipeline/formats/matrix-market.ts';
import {refuse, type StepJob} from '../../pipeline/step-runtime/run-step.ts';
import {runTool} from '../../pipeline/step-runtime/run-tool.ts';
import {calledCells, type CellCalling} from './cell-calling.ts';
import type {Reads} from './gather-reads.ts';
import {refuseUncounted, type ToolMetrics} from './metrics.ts';

interface KallistoSetting {
  readonly scratch: string;
  readonly reads: Reads;
  readonly calling: CellCalling;
}

export async function alignWithKallisto(job: StepJob, {scratch, reads, calling}: KallistoSetting): Promise<ToolMetrics> {
  if (calling === 'emptydrops') throw new Error('emptydrops is refused before');
  const run = (...argv: string[]): Promise<void> => runTool({argv, folder: scratch});
  const threads = String(job.limits.cpus);
  const strand = reads.chemistry.strand === 'forward' ? '--fr-stranded' : '--rf-stranded';
  const metrics = await pseudoalign(job, scratch, ['-x', technologyOf(job, reads), strand, '-t', threads, ...reads.pairs.flat()]);
  const sort = (from: string, to: string): Promise<void> => run('bustools', 'sort', '-t', threads, '-m', `${sortMegabytes(job, join(scratch, from))}M`, '-o', to, from);
  const whitelist = reads.whitelists[0] ?? (await ownWhitelist(run, sort));
  await run('bustools', 'correct', '-w', whitelist, '-o', 'corrected.bus', 'bus/output.bus');
  await sort('corrected.bus', 'sorted.bus');
  // It ends without a word where the folder is not there.
  mkdirSync(join(scratch, 'counts'));
  await run('bustools', 'count', '-o', 'counts/genes', '-g', 'index/t2g.tsv', '-e', 'bus/matrix.ec', '-t', 'bus/transcripts.txt', '--genecounts', 'sorted.bus');
  const raw = readCounts(scratch);
  if (raw.counts.indices.length === 0) refuseUncounted(job, metrics);
  writeMatrixMarketFolder(job.output('raw'), raw);
  writeMatrixMarketFolder(job.output('matrix'), calledCells(job, raw, calling));
  return metrics;
}

async function pseudoalign(job: StepJob, scratch: string, options: readonly string[]): Promise<ToolMetrics> {
  const info = join(scratch, 'bus/run_info.json');
  const metricsOf = (): ToolMetrics => {
    const {n_processed, n_pseudoaligned, n_unique} = JSON.parse(readFileSync(info, 'utf8')) as Record<'n_processed' | 'n_pseudoaligned' | 'n_unique', number>;
    return {n_reads: n_processed, share_mapped: n_pseudoaligned / n_processed, share_mapped_once: n_unique / n_processed};
  };
  try {
    await runTool({argv: ['kallisto', 'bus', '-i', 'index/kallisto.idx', '-o', 'bus', ...options], folder: scratch});
  } catch (error) {
    // kallisto ends with 1 where no read aligned, once it has written everything.
    if (existsSync(info) && metricsOf().share_mapped === 0) refuseUncounted(job, metricsOf());
    throw error;
  }
  return metricsOf();
}

/** Without a list: barcodes that bustools thinks frequent enough. */
async function ownWhitelist(run: (...argv: string[]) => Promise<void>, sort: (from: string, to: string) => Promise<void>): Promise<string> {
  await sort('bus/output.bus', 'all.bus');
  await run('bustools', 'whitelist', '-o', 'whitelist.own', 'all.bus');
  return 'whitelist.own';
}

/** bustools sort fills all the memory it may have (4 GB by itself), for however few records: twice the file, at most half of the job's. */
function sortMegabytes(job: StepJob, path: string): number {
  return Math.max(64, Math.floor(Math.min(2 * statSync(path).size / 2 ** 20, job.limits.memory_gb * 512)));
}

/** Barcode, UMI and sequence as file,start,end (from 0, the end not included; 0,0 is the whole read). */
function technologyOf(job: StepJob, {chemistry}: Reads): string {
  const {barcode, umi, anchor} = chemistry;
  if (barcode.length > 1 || anchor !== undefined) {
    refuse({input: 'steps.align.tool', found: `kallisto for chemistry ${job.design.rows[0]?.['chemistry'] ?? ''}, whose barcode has ${barcode.length} parts`, expected: 'star', advice: 'bustools corrects barcodes in one piece. Set steps.align.tool and steps.build-reference.tool to star.'});
  }
  const place = (span: Span): string => `0,${span.start - 1},${endOf(span)}`;
  return `${place(barcode[0])}:${place(umi)}:1,0,0`;
}

function readCounts(scratch: string): FeatureMatrix {
  const lines = (path: string): string[] => readText(join(scratch, path)).split('\n').filter((line) => line !== '');
  const ids = lines('counts/genes.genes.txt');
  const symbols = new Map(lines('index/t2g.tsv').map((line) => line.split('\t')).map(([, id, symbol]) => [id, symbol]));
  return {
    counts: readMatrixMarket(join(scratch, 'counts/genes.mtx')),
    barcodes: lines('counts/genes.barcodes.txt'),
    features: {ids, symbols: ids.map((id) => symbols.get(id) || id), types: ids.map(() => 'Gene Expression'), genomes: ids.map(() => '')},
  };
}
