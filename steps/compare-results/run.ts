import {createHash} from 'node:crypto';
import {readFileSync, writeFileSync} from 'node:fs';
import {countResults, verdictOf} from '../../pipeline/analysis/reproduction/verdict.ts';
import {tableFilter} from '../../pipeline/figures/page-script.ts';
import {reproductionPage, reproductionStyle, verdictSentence, type ReproductionFacts} from '../../pipeline/figures/reproduction-page.ts';
import {runStep} from '../../pipeline/step-runtime/run-step.ts';
import {compareFolders} from './compare-folders.ts';
import {differingPictures} from './differing-pictures.ts';

await runStep(async (job) => {
  const facts = JSON.parse(readFileSync(job.param<string>('facts'), 'utf8')) as ReproductionFacts;
  const results = await compareFolders({published: job.param('published'), again: job.param('again'), facts});
  const counts = countResults(results);
  const content = {facts, results, counts, verdict: verdictOf(counts), pairs: differingPictures(results, {published: job.param('published'), again: job.param('again')})};
  writeFileSync(job.output('comparison'), `${JSON.stringify({verdict: content.verdict, sentence: verdictSentence(content), counts, results}, undefined, 1)}\n`);
  writeFileSync(job.output('page'), reproductionPage(content, {style: hash(reproductionStyle), script: hash(tableFilter)}));
});

function hash(content: string): string {
  return createHash('sha256').update(content).digest('base64');
}
