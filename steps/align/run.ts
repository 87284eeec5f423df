// Reads of one library -> raw matrix, called cells, metrics. The files of the aligner lie beside its outputs, on the disk of scratch where there is one, and are removed at the end.
import {mkdirSync, rmSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {readMatrixMarketFolder} from '../../pipeline/formats/matrix-market.ts';
import {runStep, type StepJob} from '../../pipeline/step-runtime/run-step.ts';
import {alignWithKallisto} from './align-with-kallisto.ts';
import {alignWithStar} from './align-with-star.ts';
import {chooseCellCalling} from './cell-calling.ts';
import {checkIndex, gatherReads, type Reads} from './gather-reads.ts';
import {writeMetrics, type ToolMetrics} from './metrics.ts';

await runStep(async (job) => {
  const tool = job.param<'star' | 'kallisto'>('tool');
  const calling = chooseCellCalling(job, tool);
  const reference = checkIndex(job, tool);
  const tools = job.toolVersions();
  const scratch = join(dirname(job.output('matrix')), 'scratch');
  mkdirSync(scratch);
  try {
    const reads = await gatherReads(job, scratch);
    const told = await align(job, tool, {scratch, reads, calling});
    const [raw, cells] = await Promise.all([job.output('raw'), job.output('matrix')].map((folder) => readMatrixMarketFolder(folder)));
    writeMetrics(job, {tool, calling, told, raw: raw.counts, cells: cells.counts});
  } finally {
    rmSync(scratch, {recursive: true, force: true});
  }
  writeFileSync(job.output('versions'), `${JSON.stringify({tools, reference}, undefined, 2)}\n`);
});

function align(job: StepJob, tool: 'star' | 'kallisto', setting: {scratch: string; reads: Reads; calling: ReturnType<typeof chooseCellCalling>}): Promise<ToolMetrics> {
  return tool === 'star' ? alignWithStar(job, setting) : alignWithKallisto(job, setting);
}
