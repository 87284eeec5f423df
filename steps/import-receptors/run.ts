import {takeLabel} from '../../pipeline/analysis/pooled-well.ts';
import {writeAirr} from '../../pipeline/formats/airr.ts';
import type {Rearrangement} from '../../pipeline/data/rearrangement.ts';
import type {Row} from '../../pipeline/data/table.ts';
import {readDemuxTable} from '../../pipeline/formats/demux-table.ts';
import {writeTable} from '../../pipeline/formats/delimited-text.ts';
import {readReceptors} from '../../pipeline/formats/read-receptors.ts';
import {refuse, runStep} from '../../pipeline/step-runtime/run-step.ts';

/** Which loci a library of this kind is about; the others in the file belong to another row of the sheet. */
const lociOf: Readonly<Record<string, string>> = {tcr: 'TR', bcr: 'IG'};
const otherLibrary: Readonly<Record<string, string>> = {tcr: 'bcr', bcr: 'tcr'};

await runStep(async (job) => {
  const [row] = job.design.rows;
  const {sample_id, patient_id, timepoint, day, library, library_id} = row;
  const read = await readReceptors(job.input('contigs'), sample_id, library);
  const ofLibrary = read.rearrangements.filter((chain) => chain.locus.startsWith(lociOf[library] ?? ''));
  if (ofLibrary.length === 0 && read.rearrangements.length > 0) {
    const found = [...new Set(read.rearrangements.map((chain) => chain.locus))].sort().join(', ');
    refuse({input: read.path, found: `${read.rearrangements.length} contigs, all of ${found}`, expected: `contigs of a ${library} library`, advice: `Name the ${library} file of ${sample_id}, or set library to ${otherLibrary[library] ?? 'vdj'} or vdj.`});
  }
  const demux = job.optionalInput('demux');
  const {own, notOwn} = demux === undefined ? {own: ofLibrary, notOwn: new Map<string, number>()} : ofLabel(ofLibrary, demux, row.demux_label);
  // A contig_id holds its barcode, which other libraries have too; AIRR wants a sequence_id that is unique over the cohort's table.
  const rearrangements = own.map((chain) => ({...chain, sequence_id: `${library_id}_${chain.sequence_id}`}));
  const dropped = new Map([...read.dropped, ...notOwn]);
  if (ofLibrary.length < read.rearrangements.length) dropped.set(`not a ${library} locus`, read.rearrangements.length - ofLibrary.length);
  writeAirr(job.output('rearrangements'), rearrangements);
  writeTable(job.output('summary'), {
    columns: ['sample_id', 'patient_id', 'timepoint', 'day', 'library_id', 'kept', 'reason', 'n_contigs', 'missing'],
    rows: [
      ...counted(true, new Map([['productive', 0], ...tally(rearrangements.map(stateOf))])),
      ...counted(false, dropped),
    ].map((counts) => ({sample_id, patient_id, timepoint, day: day || null, library_id, ...counts})),
  });
});

/** Of a pooled well: the contigs of the label's barcodes, and how many others there are by reason. */
function ofLabel(contigs: readonly Rearrangement[], demux: string, label: string): {own: readonly Rearrangement[]; notOwn: Map<string, number>} {
  const barcodes = [...new Set(contigs.map((contig) => contig.barcode))];
  const pool = takeLabel(demux, readDemuxTable(demux), label, barcodes);
  const stateOf = new Map(pool.rows.map((at, k) => [barcodes[at], pool.demux[k]]));
  const others = contigs.map((contig) => stateOf.get(contig.barcode) ?? 'other').filter((state) => state !== 'own');
  const words = {doublet: 'demux_doublet', unassigned: 'demux_unassigned', other: 'of another label of the pool'};
  return {own: contigs.filter((contig) => stateOf.get(contig.barcode) === 'own'), notOwn: tally(others.map((state) => words[state]))};
}

/** Only productive contigs with a junction can stand for a cell; the others stay in the table. */
function stateOf({productive, junction_aa}: Rearrangement): string {
  if (productive !== true) return productive === null ? 'productive not told' : 'not productive';
  return junction_aa === '' ? 'productive, no junction' : 'productive';
}

function tally(words: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

/** By reason, since the order of the file means nothing. */
function counted(kept: boolean, reasons: ReadonlyMap<string, number>): Row[] {
  return [...reasons].sort(([a], [b]) => (a < b ? -1 : 1)).map(([reason, n_contigs]) => ({kept, reason, n_contigs}));
}
