import {rmSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {writeFileAtomic} from '../../pipeline/base/atomic-file.ts';
import type {Rearrangement} from '../../pipeline/data/rearrangement.ts';
import {readAirr, writeAirr} from '../../pipeline/formats/airr.ts';
import {readChemistry} from '../../pipeline/formats/chemistry.ts';
import {readText} from '../../pipeline/formats/delimited-text.ts';
import {runStep} from '../../pipeline/step-runtime/run-step.ts';
import {runTrust4} from './trust4.ts';

await runStep(async (job) => {
  const versions = job.toolVersions();
  const [{sample_id}] = job.design.rows;
  const paths = (name: string): string[] => job.inputFiles(name).map(({path}) => path);
  // Each lane of the sheet names its kit; they are the same.
  const [chemistryPath] = paths('chemistry');
  const [whitelist] = paths('whitelist');
  const folder = join(dirname(job.output('rearrangements')), 'trust4');
  const alleles = job.optionalInput('receptor_alleles');
  const files = await runTrust4({
    fastq_1: paths('fastq_1'), fastq_2: paths('fastq_2'), chemistry: readChemistry(chemistryPath), chemistryPath, receptor_genes: job.input('receptor_genes'), cpus: job.limits.cpus, folder,
    ...(whitelist === undefined ? {} : {whitelist}), ...(alleles === undefined ? {} : {receptor_alleles: alleles}),
  });
  const chains = readAirr(files.airr, sample_id).rearrangements.map(withUmis).sort((a, b) => (a.sequence_id < b.sequence_id ? -1 : 1));
  writeAirr(job.output('rearrangements'), chains);
  writeFileAtomic(job.output('report'), inStableOrder(readText(files.report)));
  writeFileAtomic(job.output('versions'), `${JSON.stringify(versions, undefined, 2)}\n`);
  rmSync(folder, {recursive: true});
});

/** With --UMI the count that TRUST4 calls consensus_count is one of UMIs. */
function withUmis(chain: Rearrangement): Rearrangement {
  return {...chain, umi_count: chain.consensus_count, consensus_count: null};
}

/** TRUST4's rows come in another order each time. */
function inStableOrder(report: string): string {
  const [header, ...rows] = report.trimEnd().split('\n');
  return [header, ...rows.sort(), ''].join('\n');
}
