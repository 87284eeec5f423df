import {readAirr, writeAirr} from '../../pipeline/formats/airr.ts';
import {writeTable} from '../../pipeline/formats/delimited-text.ts';
import {sniffReceptors} from '../../pipeline/formats/sniff.ts';
import {readTenxContigs} from '../../pipeline/formats/tenx-contigs.ts';
import {runStep} from '../../pipeline/step-runtime/run-step.ts';

/** Which loci a library of this kind is about; the others in the file belong to another row of the sheet. */
const lociOf: Readonly<Record<string, string>> = {tcr: 'TR', bcr: 'IG'};

await runStep(async (job) => {
  const [row] = job.design.rows;
  const source = await sniffReceptors(job.input('contigs'));
  const read = source.kind === 'tenx-contigs' ? readTenxContigs(source.path, row['sample_id']) : airrOf(source.path, row['sample_id']);
  const prefix = lociOf[row['library']] ?? '';
  const kept = read.rearrangements.filter((chain) => chain.locus.startsWith(prefix));
  const reasons = new Map([['kept', kept.length], ...read.dropped]);
  if (kept.length < read.rearrangements.length) reasons.set(`not a ${row['library']} locus`, read.rearrangements.length - kept.length);
  writeAirr(job.output('rearrangements'), kept);
  const {sample_id, patient_id, timepoint, day} = row;
  writeTable(job.output('summary'), {
    columns: ['sample_id', 'patient_id', 'timepoint', 'day', 'library_id', 'reason', 'n_contigs', 'missing'],
    rows: [...reasons].map(([reason, n_contigs]) => ({sample_id, patient_id, timepoint, day, library_id: row['library_id'], reason, n_contigs})),
  });
});

function airrOf(path: string, sampleId: string): {rearrangements: ReturnType<typeof readAirr>['rearrangements']; dropped: ReadonlyMap<string, number>} {
  const {rearrangements, nWithoutLocus} = readAirr(path, sampleId);
  return {rearrangements, dropped: nWithoutLocus > 0 ? new Map([['no locus', nWithoutLocus]]) : new Map()};
}
