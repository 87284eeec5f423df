// What the index holds and what is refused. The aligned part runs where STAR and the test reads are; the refusals need neither.
import {spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {gunzipSync, gzipSync} from 'node:zlib';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {chosenVariant} from '../../../pipeline/model/step-contract.ts';
import {readTable} from '../../../pipeline/formats/delimited-text.ts';
import {contigBinBits, suffixIndexBases} from '../../../steps/build-reference/star-index.ts';
import {sequencedEnds} from '../../../steps/build-reference/sequenced-ends.ts';
import {readContract, runStepFolder, type StepRun} from '../../rig/run-step.ts';
import {dataFile, sharedData} from '../../rig/shared-data.ts';
import {skipsWithout} from '../../rig/tools.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-reference-'));
});
afterEach(() => {
  rmSync(folder, {recursive: true});
});

const contract = readContract('build-reference');
const noStar = skipsWithout(chosenVariant(contract, {tool: 'star'}));
const noKallisto = skipsWithout(chosenVariant(contract, {tool: 'kallisto'}));

function write(name: string, content: string | Buffer): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

const exon = (contig: string, start: number, end: number, gene: string, strand = '+'): string => `${contig}\ttest\texon\t${start}\t${end}\t.\t${strand}\t.\tgene_id "${gene}"; transcript_id "${gene}-1"; gene_name "${gene}";\n`;
const [genome, genes] = [`>1 whole\nACGTACGTAC\nGTACGTACGT\n>2\n${'ACGTTGCA'.repeat(10)}\n`, exon('1', 1, 20, 'G1') + exon('2', 1, 80, 'G2')];

function build(files: {genome?: string | Buffer; genes?: string; extra?: string; extra_genes?: string}, params: Readonly<Record<string, unknown>> = {}): StepRun {
  return runStepFolder('build-reference', join(folder, 'run'), {
    inputs: {
      genome: write('genome.fa', files.genome ?? genome), genes: write('genes.gtf', files.genes ?? genes),
      ...(files.extra === undefined ? {} : {extra: write('car.fa', files.extra)}), ...(files.extra_genes === undefined ? {} : {extra_genes: write('car.gtf', files.extra_genes)}),
    },
    params,
  });
}

describe('is refused with the line:', () => {
  test.each([
    ['a genome that is none', {genome: 'chr1\tsource\texon\n'}, 'genome.fa', {found: '"chr1\\tsource\\texon\\n"', expected: 'a FASTA file, whose first line begins with >', line: 1}],
    ['amino acids', {genome: '>1\nACGT\nMKLVQ\n'}, 'genome.fa', {found: 'the character "L" in a sequence', expected: 'letters of the nucleotide code', line: 3}],
    ['a name that comes twice', {genome: `>1\n${'ACGT'.repeat(5)}\n>1 again\nACGT\n`}, 'genome.fa', {found: '1 for the second time', line: 3}],
    ['an empty contig', {genome: '>1\n>2\nACGT\n'}, 'genome.fa', {found: '1 without a sequence', line: 1}],
    ['half a gzip file', {genome: gzipSync(genome).subarray(0, 30)}, 'genome.fa', {found: 'damaged gzip (unexpected end of file)'}],
    ['GFF3', {genes: '1\ttest\texon\t1\t20\t.\t+\t.\tID=exon1;Parent=t1\n'}, 'genes.gtf', {found: 'an exon without gene_id', advice: 'This looks like GFF3: convert it to GTF.', line: 1}],
    ['genes of other contigs', {genes: exon('chr1', 1, 20, 'G1')}, 'genes.gtf', {found: 'exons on chr1, none of which the genome has', expected: 'contigs of the genome (1, 2, …)', advice: 'One has the prefix chr and the other has not: take both from one source.'}],
    ['an exon beyond its contig', {genes: genes + exon('1', 15, 21, 'G3')}, 'genes.gtf', {found: 'an exon of G3-1 that ends at 21 of 1', expected: 'at most the length of 1, 20'}],
    ['a transgene named as a contig of the genome', {extra: '>2\nACGT\n'}, 'car.fa', {found: 'a contig 2, which the genome has too', line: 1}],
    ['a transgene named as a gene', {extra: '>G1\nACGT\n'}, 'car.fa', {found: 'a contig G1, which is also the id of a gene', line: 1}],
    ['a transgene with an undecided base', {extra: '>CAR\nACGTRT\n'}, 'car.fa', {found: 'CAR has the letter R at base 5', expected: 'A, C, G, T or N', line: 1}],
    ['exons on a contig of another name', {extra: '>CAR_BCMA\nACGT\n', extra_genes: exon('CAR-BCMA', 1, 4, 'CAR')}, 'car.gtf', {found: 'an exon on CAR-BCMA', expected: 'a contig of the further FASTA files (CAR_BCMA)', advice: 'Did you mean "CAR_BCMA"?', line: 1}],
    ['a gene of the transgene that the genome has', {extra: '>CAR\nACGT\n', extra_genes: exon('CAR', 1, 4, 'G1')}, 'car.gtf', {found: 'gene G1', expected: 'an id that no gene of the genome has', line: 1}],
    ['no gene of the wanted types', {genes: genes.replaceAll('gene_name', 'gene_biotype "lncRNA"; gene_name')}, 'genes.gtf', {found: 'no gene of type protein_coding', expected: 'types of its genes (lncRNA)', advice: 'Change steps.build-reference.gene_types in the run file.'}, {gene_types: ['protein_coding']}],
  ])('%s', (_, files, file, wanted, params: Readonly<Record<string, unknown>> = {}) => {
    const run = build(files, params);
    expect(run.status, run.stderr).toBe(65);
    expect(run.problem).toMatchObject(wanted);
    expect(run.problem?.input).toContain(join(folder, file));
    expect(readdirSync(join(folder, 'run/outputs'))).not.toContain('scratch');
  });
});

test('the end that is sequenced follows the chemistries of the sheet', () => {
  const row = (chemistry: string): Record<string, string> => ({library: 'gex', chemistry});
  expect(['10x-5p-v2', 'SC5P-R2', "Chromium 5' v2", '10x-3p-v3', '15p', ''].map((chemistry) => sequencedEnds('auto', [row(chemistry)]))).toEqual([['5-prime'], ['5-prime'], ['5-prime'], ['3-prime'], ['3-prime'], ['3-prime']]);
  expect(sequencedEnds('auto', [row('10x-5p-v2'), row('10x-3p-v3')])).toEqual(['3-prime', '5-prime']);
  expect(sequencedEnds('auto', [{library: 'tcr', chemistry: '10x-5p-v2'}])).toEqual(['3-prime']);
});

test("STAR's two sizes are those of its manual", () => {
  // Manual: 9 for 1 megabase, 7 for 100 kilobases, at most 14; 15 bits for 3 gigabases in 100,000 contigs, at most 18.
  expect([1e6, 1e5, 3e9].map(suffixIndexBases)).toEqual([9, 7, 14]);
  expect([contigBinBits(3e9, 1e5), contigBinBits(3e9, 25)]).toEqual([15, 18]);
});

test.skipIf(noKallisto)('only genes of the wanted types are indexed, and the transgene whatever its type', () => {
  const typed = `${exon('1', 1, 20, 'G1')}${exon('2', 1, 40, 'G2').replace('gene_name', 'gene_type "protein_coding"; gene_name')}${exon('2', 41, 80, 'G3').replace('gene_name', 'gene_biotype "lncRNA"; gene_name')}`;
  const run = build({genes: typed, extra: `>CAR\n${'ACGGT'.repeat(20)}\n`}, {tool: 'kallisto', gene_types: ['protein_coding', 'IG_V_gene']});
  expect(run.status, run.stderr).toBe(0);
  expect(readFileSync(join(run.outputs['index'], 't2g.tsv'), 'utf8')).toBe('G2-1\tG2\tG2\nCAR\tCAR\tCAR\n');
});

test.skipIf(noKallisto)('kallisto: transcripts are spliced on their strand and lead to their gene', () => {
  const extra = `>CAR\n${'ACGGT'.repeat(20)}\n`;
  const run = build({genes: `${exon('2', 41, 80, 'G2', '-')}${exon('2', 1, 30, 'G2', '-')}`, extra}, {tool: 'kallisto'});
  expect(run.status, run.stderr).toBe(0);
  expect(readFileSync(join(run.outputs['index'], 't2g.tsv'), 'utf8')).toBe('G2-1\tG2\tG2\nCAR\tCAR\tCAR\n');
  expect(JSON.parse(readFileSync(join(run.outputs['index'], 'reference.json'), 'utf8'))).toMatchObject({tool: 'kallisto', n_contigs: 3, n_genes: 2, extra_contigs: ['CAR']});
  const lengths = spawnSync('kallisto', ['inspect', join(run.outputs['index'], 'kallisto.idx')], {encoding: 'utf8'});
  expect(`${lengths.stdout}${lengths.stderr}`).toMatch(/number of targets = 2/);
});

test.skipIf(noStar || sharedData === undefined)('STAR: the same bytes with one and two threads, open to other users, and the matrix of the test reads', () => {
  const [fasta, gtf] = [dataFile('fastq/ref-chr21/chr21_loci.fa.gz'), dataFile('fastq/ref-chr21/chr21_loci.gtf.gz')];
  const runs = [1, 2].map((cpus) => runStepFolder('build-reference', join(folder, `run${cpus}`), {inputs: {genome: fasta, genes: gtf}, params: {sjdb_overhang: 89}, cpus}));
  expect(runs.map((run) => run.status)).toEqual([0, 0]);
  const [one, two] = runs.map((run) => run.outputs['index']);
  const files = readdirSync(one).sort();
  expect(readdirSync(two).sort()).toEqual(files);
  for (const file of files) expect(readFileSync(join(two, file)).equals(readFileSync(join(one, file))), file).toBe(true);
  expect(files).not.toContain('Log.out');
  expect([one, join(one, 'SA')].map((path) => statSync(path).mode & 0o777)).toEqual([0o755, 0o644]);
  const parameters = readFileSync(join(one, 'genomeParameters.txt'), 'utf8');
  expect(parameters).not.toContain(folder);
  expect(parameters).toMatch(/genomeSAindexNbases\t9\ngenomeChrBinNbits\t11\n/);
  expect(readTable(runs[0].outputs['contigs']).rows).toEqual([]);

  const lanes = (mate: string): string => [1, 2].map((lane) => dataFile(`fastq/gex/pbmc5k_chr21_S1_L00${lane}_${mate}_001.fastq.gz`)).join(',');
  const aligned = join(folder, 'aligned');
  mkdirSync(aligned);
  const star = spawnSync('STAR', [
    '--runThreadN', '2', '--genomeDir', one, '--readFilesCommand', 'zcat', '--readFilesIn', lanes('R2'), lanes('R1'), '--soloType', 'CB_UMI_Simple', '--soloCBwhitelist', dataFile('fastq/gex/whitelist.txt'),
    '--soloCBlen', '16', '--soloUMIstart', '17', '--soloUMIlen', '12', '--soloFeatures', 'Gene', '--soloCellFilter', 'EmptyDrops_CR', '--clipAdapterType', 'CellRanger4', '--outFilterScoreMin', '30', '--outSAMtype', 'None',
  ], {cwd: aligned, encoding: 'utf8'});
  expect(star.status, star.stderr).toBe(0);
  // README of the data: 653 x 5150, 25,266 entries.
  const matrix = readFileSync(join(aligned, 'Solo.out/Gene/raw/matrix.mtx'));
  expect(createHash('md5').update(matrix).digest('hex')).toBe('49bcff8217a6b73466d098e3c9dea199');
  expect(gunzipSync(readFileSync(gtf)).toString().match(/\texon\t/g)?.length).toBe(JSON.parse(readFileSync(join(one, 'reference.json'), 'utf8')).n_genes);
});
