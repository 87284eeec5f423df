// The index of STAR: its two size options by the manual's formulas, and a folder that holds no path and no time.
import {readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {runTool} from '../../pipeline/step-runtime/run-tool.ts';
import type {StepJob} from '../../pipeline/step-runtime/run-step.ts';
import type {Reference} from './gather-reference.ts';

export async function buildStarIndex(job: StepJob, folder: string, {nBases, nContigs}: Reference): Promise<void> {
  const index = job.output('index');
  await runTool({
    folder,
    argv: [
      'STAR', '--runMode', 'genomeGenerate', '--runThreadN', String(job.limits.cpus), '--genomeDir', index,
      '--genomeFastaFiles', 'genome.fa', '--sjdbGTFfile', 'genes.gtf', '--sjdbOverhang', String(job.param<number>('sjdb_overhang')),
      '--genomeSAindexNbases', String(suffixIndexBases(nBases)), '--genomeChrBinNbits', String(contigBinBits(nBases, nContigs)), '--genomeSAsparseD', String(job.param<number>('sparse')),
      '--limitGenomeGenerateRAM', String(Math.floor(job.limits.memory_gb * 1e9)),
    ],
  });
  rmSync(join(index, 'Log.out'), {force: true});
  const parameters = join(index, 'genomeParameters.txt');
  // The first comment is the command line, with the number of threads and the folder.
  writeFileSync(parameters, readFileSync(parameters, 'utf8').replace(/^### .*STAR.*\n/, '### STAR --runMode genomeGenerate\n'));
}

/** STAR manual, --genomeSAindexNbases: min(14, log2(length) / 2 - 1); its example, 9 for 1 megabase, says that it is rounded. */
export function suffixIndexBases(nBases: number): number {
  return Math.max(1, Math.min(14, Math.round(Math.log2(nBases) / 2 - 1)));
}

/** STAR manual, --genomeChrBinNbits: min(18, log2(max(length / contigs, read length))); 15 for 3 gigabases in 100,000 contigs. */
export function contigBinBits(nBases: number, nContigs: number): number {
  return Math.min(18, Math.round(Math.log2(Math.max(nBases / nContigs, 100))));
}
