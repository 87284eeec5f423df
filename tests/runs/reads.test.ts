// Runs that start from reads, through the command line: a broken lane stops its own library before the alignment, lanes of a library are merged.
import {cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {gzipSync} from 'node:zlib';
import {afterAll, expect, test} from 'vitest';
import {chosenVariant} from '../../pipeline/model/step-contract.ts';
import {runCli} from '../rig/cli.ts';
import {readContract} from '../rig/run-step.ts';
import {skipsWithout} from '../rig/tools.ts';

const example = resolve(import.meta.dirname, '../../steps/align/example');
const folder = mkdtempSync(join(tmpdir(), 'lymphline-reads-'));
afterAll(() => rmSync(folder, {recursive: true, force: true}));

test.skipIf(skipsWithout(chosenVariant(readContract('align'), {tool: 'star'})))('a lane that is cut off is told before its library is aligned; the other library, of two rows, is aligned with both lanes', () => {
  for (const name of ['contigs.fa', 'whitelist.txt', 'lane1_R1.fastq', 'lane1_R2.fastq', 'lane2_R1.fastq', 'lane2_R2.fastq']) cpSync(join(example, name), join(folder, name));
  const genes = ['1', '2', '3'].map((n) => `gene${n}\ttest\texon\t1\t400\t.\t+\t.\tgene_id "GENE${n}"; gene_name "G${n}"; transcript_id "TX${n}";\n`);
  writeFileSync(join(folder, 'genes.gtf'), genes.join(''));
  const whole = gzipSync(readFileSync(join(folder, 'lane1_R2.fastq')));
  writeFileSync(join(folder, 'cut_R2.fastq.gz'), whole.subarray(0, whole.length - 20));
  const rows = [
    'S1\tP1\tbaseline\t0\tgex\tlane1_R1.fastq\tlane1_R2.fastq', 'S1\tP1\tbaseline\t0\tgex\tlane2_R1.fastq\tlane2_R2.fastq', 'S2\tP2\tbaseline\t0\tgex\tlane1_R1.fastq\tcut_R2.fastq.gz',
  ].map((row) => `${row}\t10x-3p-v3\twhitelist.txt\n`);
  writeFileSync(join(folder, 'samples.tsv'), `sample_id\tpatient_id\ttimepoint\tday\tlibrary\tfastq_1\tfastq_2\tchemistry\twhitelist\n${rows.join('')}`);
  writeFileSync(join(folder, 'run.yaml'), 'lymphline: 1\nname: reads\nsamples: samples.tsv\ntimepoints: [baseline]\nreference: {genome: contigs.fa, genes: genes.gtf}\nsteps:\n  align: {cell_calling: order_of_magnitude}\n');
  const done = runCli(['run', join(folder, 'run.yaml'), '--until', 'align'], {LYMPHLINE_CACHE: join(folder, 'cache')});
  expect(done.status).toBe(1);
  const told = done.stderr.replaceAll(folder, '<study>').replace(/^\d\d:\d\d:\d\d /gm, '');
  expect(told).toContain(`check-reads/S2-gex refused its input <study>/cut_R2.fastq.gz: found a gzip file that is cut off somewhere after read 5; ${whole.length - 20} of ${whole.length - 20} bytes were read; expected a whole gzip file.
    Copy the file again and compare its checksum with the original's.
    log: <study>/runs/reads/jobs/check-reads/S2-gex/attempt-1/log.txt
`);
  expect(told).toContain('align/S2-gex was not started: check-reads/S2-gex has no result.\n');
  const jobs = join(folder, 'runs/reads/jobs');
  expect([existsSync(join(jobs, 'align/S2-gex')), existsSync(join(jobs, 'align/S1-gex/attempt-1/complete.json'))]).toEqual([false, true]);
  // The counts of both lanes together, as the example of the step has them.
  expect(readFileSync(join(jobs, 'align/S1-gex/attempt-1/outputs/raw/matrix.mtx'), 'utf8')).toBe(readFileSync(join(example, 'expected/raw/matrix.mtx'), 'utf8'));
});
