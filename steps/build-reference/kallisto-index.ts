// The index of kallisto, over the spliced transcripts, with the table that leads from a transcript to its gene.
import {copyFileSync} from 'node:fs';
import {join} from 'node:path';
import {runTool} from '../../pipeline/step-runtime/run-tool.ts';
import type {StepJob} from '../../pipeline/step-runtime/run-step.ts';

export async function buildKallistoIndex(job: StepJob, folder: string): Promise<void> {
  await runTool({folder, argv: ['kallisto', 'index', '--index', join(job.output('index'), 'kallisto.idx'), 'transcripts.fa']});
  copyFileSync(join(folder, 't2g.tsv'), join(job.output('index'), 't2g.tsv'));
}
