// FASTQ of one library -> a table of what is in it, or a refusal that says which file, which line and what to do.
import {digestFile, digestText} from '../../pipeline/base/digest.ts';
import {barcodeReadLength, endOf} from '../../pipeline/data/chemistry.ts';
import type {Row} from '../../pipeline/data/table.ts';
import {readChemistry} from '../../pipeline/formats/chemistry.ts';
import {writeTable} from '../../pipeline/formats/delimited-text.ts';
import {firstUnpaired, summariseFastq} from '../../pipeline/formats/fastq.ts';
import {refuse, runStep, type StepJob} from '../../pipeline/step-runtime/run-step.ts';
import {checkBarcodes, type BarcodeCheck} from './check-barcodes.ts';
import {refuseLengths, refuseSwapped, type ReadPair} from './check-lengths.ts';

await runStep(async (job) => {
  const [row] = job.design.rows;
  const chemistry = readChemistry(firstFile(job, 'chemistry')[0]);
  const whitelists = firstFile(job, 'whitelist');
  const pairs = await readPairs(job, barcodeReadLength(chemistry));
  refuseSameReads(pairs);
  for (const pair of pairs) refuseLengths(pair, {chemistry, name: row['chemistry'] ?? '', minRead2: job.param('min_read_2_length')});
  const checks: (BarcodeCheck | undefined)[] = [];
  for (const pair of pairs) {
    if (whitelists.length === 0) refuseSwapped(pair, chemistry);
    checks.push(whitelists.length === 0 ? undefined : await checkBarcodes(pair, {chemistry, whitelists, least: job.param('min_whitelist_match')}));
  }
  const digests = await Promise.all(whitelists.map(digestFile));
  const {sample_id, patient_id, timepoint, day, library_id} = row;
  writeTable(job.output('summary'), {
    columns: ['sample_id', 'patient_id', 'timepoint', 'day', 'library_id', 'chemistry', 'pair', 'lane', 'n_pairs', 'read_1_min', 'read_1_max', 'read_1_needed', 'read_2_min', 'read_2_max', 'n_sampled', 'whitelist_match', 'n_whitelist', 'whitelist_sha256', 'missing'],
    rows: pairs.map(({read1, read2}, at): Row => {
      const check = checks[at];
      const lane = laneOf(read1.firstName);
      const missing = [...(lane === undefined ? ['lane: the names of the reads do not tell'] : []), ...(check === undefined ? ['whitelist_match: the sheet names no whitelist'] : [])];
      return {
        sample_id, patient_id, timepoint, day: day || null, library_id, chemistry: row['chemistry'] || null, pair: at + 1, lane: lane ?? null,
        n_pairs: read1.nReads, read_1_min: read1.minLength, read_1_max: read1.maxLength, read_1_needed: Math.max(...[...chemistry.barcode, chemistry.umi].map(endOf)),
        read_2_min: read2.minLength, read_2_max: read2.maxLength, n_sampled: read1.starts.length,
        whitelist_match: check?.share ?? null, n_whitelist: check?.nBarcodes ?? null,
        whitelist_sha256: digests.length === 0 ? null : digests.length === 1 ? digests[0] : digestText(digests.join('\n')),
        missing: missing.length === 0 ? null : missing.join('; '),
      };
    }),
  });
});

/** Each row of the sheet names the file again. */
function firstFile(job: StepJob, name: string): string[] {
  return [...new Set(job.inputFiles(name).map((file) => file.path))];
}

async function readPairs(job: StepJob, startLength: number): Promise<ReadPair[]> {
  const [files1, files2] = ['fastq_1', 'fastq_2'].map((name) => job.inputFiles(name).map((file) => file.path));
  if (files1.length !== files2.length) throw new Error(`${files1.length} files of read 1, ${files2.length} of read 2`);
  const pairs: ReadPair[] = [];
  for (const [at, path1] of files1.entries()) {
    const path2 = files2[at];
    const ask = {startLength, sampleSize: job.param<number>('sample_reads')};
    const [read1, read2] = await Promise.all([summariseFastq(path1, ask), summariseFastq(path2, ask)]);
    if (read1.nReads !== read2.nReads || read1.namesDigest !== read2.namesDigest) await refuseUnpaired(path1, path2);
    pairs.push({path1, path2, read1, read2});
  }
  return pairs;
}

async function refuseUnpaired(path1: string, path2: string): Promise<void> {
  const place = await firstUnpaired(path1, path2);
  if (place === undefined) throw new Error(`${path1} and ${path2} have the same names in order, but other digests`);
  const {read, name1, name2} = place;
  if (name1 === undefined || name2 === undefined) {
    const [short, long] = name1 === undefined ? [path1, path2] : [path2, path1];
    refuse({input: short, line: 4 * read + 1, found: `the end, after ${read} reads`, expected: `the mate of ${name1 ?? name2}, as in ${long}`, advice: 'One of the two files is cut off or of another run: copy it again.'});
  }
  refuse({input: path2, line: 4 * read + 1, found: `read ${name2}`, expected: `${name1}, as in ${path1}`, advice: 'The two files are no pair, or one of them was filtered or sorted alone.'});
}

/** The same reads twice would count every molecule with twice its reads. */
function refuseSameReads(pairs: readonly ReadPair[]): void {
  const first = new Map<string, ReadPair>();
  for (const pair of pairs) {
    const key = `${pair.read1.nReads} ${pair.read1.namesDigest}`;
    const before = first.get(key);
    if (before !== undefined) refuse({input: pair.path1, found: `the reads of ${before.path1} again`, expected: 'each lane once', advice: 'Remove one of the two from the samples sheet.'});
    first.set(key, pair);
  }
}

/** Flow cell and lane of an Illumina name (instrument:run:flowcell:lane:tile:x:y). */
function laneOf(name: string): string | undefined {
  const parts = name.split(/\s/)[0].split(':');
  return parts.length >= 7 ? `${parts[2]}:${parts[3]}` : undefined;
}
