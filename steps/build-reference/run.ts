// Genome, genes and further contigs -> one index. The files are brought together in a folder of the attempt that is removed at the end.
import {chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {runStep, type StepJob} from '../../pipeline/step-runtime/run-step.ts';
import {gatherReference, type Reference} from './gather-reference.ts';
import {buildKallistoIndex} from './kallisto-index.ts';
import {buildStarIndex} from './star-index.ts';

await runStep(async (job) => {
  const versions = job.toolVersions();
  const folder = join(dirname(dirname(job.output('index'))), 'scratch');
  mkdirSync(folder);
  try {
    const tool = job.param<'star' | 'kallisto'>('tool');
    const reference = await gatherReference(job, {folder, wantsTranscripts: tool === 'kallisto'});
    mkdirSync(job.output('index'));
    if (tool === 'star') await buildStarIndex(job, folder, reference);
    else await buildKallistoIndex(job, folder);
    describe(job, reference, {tool, tool_version: Object.values(versions)[0] ?? ''});
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
});

function describe(job: StepJob, {nContigs, genes, extraContigs}: Reference, tool: {readonly tool: string; readonly tool_version: string}): void {
  const index = job.output('index');
  const facts = {...tool, n_contigs: nContigs, n_genes: genes.size, extra_contigs: extraContigs};
  writeFileSync(join(index, 'reference.json'), `${JSON.stringify(facts, undefined, 2)}\n`);
  // STAR closes its folder to others; the next container may run as somebody else.
  chmodSync(index, 0o755);
  for (const file of readdirSync(index)) chmodSync(join(index, file), 0o644);
}
