// align with the real programs: the example's index and reads made here, whose molecules are known, and the real 10x reads where they are.
import {createHash} from 'node:crypto';
import {cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {gunzipSync} from 'node:zlib';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {callCellsByOrder, umisOf} from '../../../pipeline/analysis/call-cells.ts';
import {reverseComplement} from '../../../pipeline/data/chemistry.ts';
import {chosenVariant} from '../../../pipeline/model/step-contract.ts';
import {readTable} from '../../../pipeline/formats/delimited-text.ts';
import {readMatrixMarketFolder} from '../../../pipeline/formats/matrix-market.ts';
import {runTool} from '../../../pipeline/step-runtime/run-tool.ts';
import {fastqText, sequenceSource, writeGzip, type Mates} from '../../rig/reads.ts';
import {readContract, runStepFolder, type StepRequest, type StepRun} from '../../rig/run-step.ts';
import {dataFile, sharedData} from '../../rig/shared-data.ts';
import {skipsWithout} from '../../rig/tools.ts';

const folder = mkdtempSync(join(tmpdir(), 'lymphline-align-'));
const root = resolve(import.meta.dirname, '../../..');
const example = join(root, 'steps/align/example');
const [noStar, noKallisto] = ['star', 'kallisto'].map((tool) => skipsWithout(chosenVariant(readContract('align'), {tool})));
afterAll(() => rmSync(folder, {recursive: true}));
let nRuns = 0;

interface Library {
  readonly lanes: readonly (readonly [string, string])[];
  readonly index: string;
  readonly chemistry?: string;
  readonly whitelists: readonly string[];
}

function align({lanes, index, chemistry = '10x-3p-v3', whitelists}: Library, request: StepRequest = {}): StepRun {
  const files = (paths: readonly string[]) => paths.map((path) => ({unit: 'S1-gex', path}));
  return runStepFolder('align', join(folder, `run-${nRuns++}`), {
    unit: {kind: 'library', id: 'S1-gex'},
    inputs: {
      fastq_1: files(lanes.map(([one]) => one)), fastq_2: files(lanes.map(([, two]) => two)), index, whitelist: files(whitelists),
      chemistry: chemistry.includes('/') ? chemistry : join(root, `configs/chemistry/${chemistry}.yaml`), checked: join(example, '../../check-reads/example/expected/summary.tsv'),
    },
    design: {rows: [{sample_id: 'S1', patient_id: 'P1', timepoint: 'baseline', day: '', library: 'gex', library_id: 'S1-gex', chemistry}]},
    ...request,
  });
}

/** Contigs of the example's index, each one gene. */
const contigs = readFileSync(join(example, 'contigs.fa'), 'utf8').split('>').filter((part) => part !== '').map((part) => part.split('\n')[1]);
const exampleLanes = [1, 2].map((lane) => [join(example, `lane${lane}_R1.fastq`), join(example, `lane${lane}_R2.fastq`)] as const);
const tiny: Library = {lanes: exampleLanes, index: join(example, 'index'), whitelists: [join(example, 'whitelist.txt')]};
const bytesOf = (run: StepRun, output: string): Record<string, string> => Object.fromEntries(readdirSync(run.outputs[output]).sort().map((name) => [name, readFileSync(join(run.outputs[output], name), 'utf8')]));
const metric = (run: StepRun, name: string) => readTable(run.outputs['metrics']).rows.find((row) => row['metric'] === name);

/** Barcode -> gene -> count. */
async function countsOf(path: string): Promise<Record<string, Record<string, number>>> {
  const {counts, barcodes, features} = await readMatrixMarketFolder(path);
  return Object.fromEntries(barcodes.map((barcode, row) => [barcode, Object.fromEntries([...counts.indices.subarray(counts.indptr[row], counts.indptr[row + 1])].map((gene, k) => [features.ids[gene], counts.values[counts.indptr[row] + k]]))]));
}

describe.skipIf(noStar)('STARsolo', () => {
  test('one gzip file of all reads gives what two plain lanes give, in a folder with commas and spaces, without a trace of where it ran', () => {
    const place = join(folder, 'a, b');
    mkdirSync(place);
    const joined = [1, 2].map((mate) => writeGzip(join(place, `all, ${mate}.gz`), exampleLanes.map((lane) => readFileSync(lane[mate - 1], 'utf8')).join('')));
    cpSync(tiny.index, join(place, 'the index'), {recursive: true});
    writeGzip(join(place, 'list, 1.gz'), readFileSync(tiny.whitelists[0], 'utf8').replaceAll('\n', '\r\n'));
    const run = align({lanes: [[joined[0], joined[1]]], index: join(place, 'the index'), whitelists: [join(place, 'list, 1.gz')]}, {params: {cell_calling: 'order_of_magnitude'}});
    expect(run).toMatchObject({status: 0});
    for (const output of ['raw', 'matrix']) {
      const expected = Object.fromEntries(readdirSync(join(example, 'expected', output)).sort().map((name) => [name, readFileSync(join(example, 'expected', output, name), 'utf8')]));
      expect(bytesOf(run, output)).toEqual(expected);
    }
    expect(readdirSync(join(run.outputs['raw'], '../..')).sort()).toEqual(['job.json', 'outputs']);
    expect(readdirSync(join(run.outputs['raw'], '..'))).not.toContain('scratch');
    expect(`${readFileSync(run.outputs['metrics'], 'utf8')}${readFileSync(run.outputs['versions'], 'utf8')}`).not.toContain(folder);
  });

  test('a barcode in three parts: molecules as they were made, with and without an insert before them', async () => {
    const next = sequenceSource(21);
    const parts = [0, 1, 2].map(() => Array.from({length: 4}, () => next(9)));
    const lists = parts.map((list, at) => {
      writeFileSync(join(folder, `cls${at}.txt`), `${list.join('\n')}\n`);
      return join(folder, `cls${at}.txt`);
    });
    const layouts: Record<string, (cell: readonly string[], at: number) => string> = {
      'bd-rhapsody-enhanced': ([a, b, c], at) => `${['', 'A', 'GT', 'TCA'][at % 4]}${a}GTGA${b}GACA${c}`,
      'bd-rhapsody-v1': ([a, b, c]) => `${a}ACTGGCCTGCGA${b}GGTAGCGGTGACA${c}`,
      'gexscope-v2': ([a, b, c]) => `${a}${'ACGT'.repeat(4)}${b}${'TGCA'.repeat(4)}${c}C`,
    };
    const umiLengths: Record<string, number> = {'gexscope-v2': 12};
    for (const [chemistry, layout] of Object.entries(layouts)) {
      const truth: Record<string, Record<string, number>> = {};
      const mates = Array.from({length: 40}, (_, at): Mates => {
        const cell = parts.map((list, part) => list[(at + part * (at % 3)) % 4]);
        const gene = at % 3;
        const counts = (truth[cell.join('_')] ??= {});
        counts[`GENE${gene + 1}`] = (counts[`GENE${gene + 1}`] ?? 0) + 1;
        const from = (at * 7) % 300;
        return {name: `r${at}`, read1: `${layout(cell, at)}${next(umiLengths[chemistry] ?? 8)}${'T'.repeat(20)}`, read2: contigs[gene].slice(from, from + 71)};
      });
      const lane = [1, 2].map((mate) => writeGzip(join(folder, `${chemistry}_${mate}.gz`), fastqText(mates, mate as 1 | 2)));
      const run = align({lanes: [[lane[0], lane[1]]], index: tiny.index, chemistry, whitelists: lists}, {params: {cell_calling: 'none'}});
      expect(run, chemistry).toMatchObject({status: 0, problem: undefined});
      expect(await countsOf(run.outputs['matrix']), chemistry).toEqual(truth);
    }
  });

  test('the strand of the chemistry decides: 3\' reads taken for 5\' are refused; the same reads turned round count as before', () => {
    const run = align({...tiny, chemistry: '10x-5p-v3'}, {params: {cell_calling: 'order_of_magnitude'}});
    expect(run).toMatchObject({status: 65, problem: {
      input: exampleLanes[0][1], found: 'no read of 12 that counts for a gene, though 91.7 % map', expected: 'reads of the genes of the reference',
      advice: "Check the column chemistry (3' and 5' kits read opposite strands) and `reference` of the run file.",
    }});
    const turned = exampleLanes.map(([read1, read2], at) => {
      const path = join(folder, `turned${at}.fastq`);
      writeFileSync(path, readFileSync(read2, 'utf8').replace(/^[ACGT]{90}$/gm, reverseComplement));
      return [read1, path] as const;
    });
    const right = align({...tiny, lanes: turned, chemistry: '10x-5p-v3'}, {params: {cell_calling: 'order_of_magnitude'}});
    expect(bytesOf(right, 'raw')['matrix.mtx']).toBe(readFileSync(join(example, 'expected/raw/matrix.mtx'), 'utf8'));
  });

  test('EmptyDrops on next to nothing calls what there is, on nothing it is refused', async () => {
    expect(await countsOf(align(tiny).outputs['matrix'])).toEqual(await countsOf(join(example, 'expected/matrix')));
    expect(align({...tiny, chemistry: '10x-5p-v3'})).toMatchObject({status: 65, problem: {found: 'no read of 12 that counts for a gene, though 91.7 % map'}});
  });

  test('with introns: whole genes, which are the exons where a gene is one', async () => {
    const run = align(tiny, {params: {count_introns: true, cell_calling: 'none'}});
    expect(await countsOf(run.outputs['matrix'])).toEqual(await countsOf(join(example, 'expected/matrix')));
    expect(metric(run, 'share_mapped_to_genes')?.['value']).toBe('0.833333');
  });

  test('no whitelist: every barcode that was read', async () => {
    const run = align({...tiny, whitelists: []}, {params: {cell_calling: 'none'}});
    const expected = await countsOf(join(example, 'expected/matrix'));
    // The read with an unknown barcode is a cell of its own here.
    expect(await countsOf(run.outputs['matrix'])).toMatchObject(expected);
    expect(Number(metric(run, 'n_cells')?.['value'])).toBe(4);
  });

  test('an index of the other tool, one of nobody', () => {
    const other = join(folder, 'other');
    mkdirSync(other);
    expect(align({...tiny, index: other}).problem).toMatchObject({found: 'no reference.json', expected: 'an index of build-reference'});
    writeFileSync(join(other, 'reference.json'), '{"tool": "kallisto", "tool_version": "0.48.0"}');
    expect(align({...tiny, index: other})).toMatchObject({status: 65, problem: {input: other, found: 'an index of kallisto', expected: 'an index of star', advice: 'Set steps.align.tool and steps.build-reference.tool to the same, star or kallisto.'}});
  });
});

describe.skipIf(sharedData === undefined || noStar)('real 10x reads with STARsolo', () => {
  const gex = (lane: number, mate: number): string => dataFile(`fastq/gex/pbmc5k_chr21_S1_L00${lane}_R${mate}_001.fastq.gz`);
  const lanes = [1, 2].map((lane) => [gex(lane, 1), gex(lane, 2)] as const);
  const index = join(folder, 'star');

  test('the raw matrix of the README whatever the number of threads; cells by order of magnitude as STAR calls them', async () => {
    for (const name of ['chr21_loci.fa', 'chr21_loci.gtf']) writeFileSync(join(folder, name), gunzipSync(readFileSync(dataFile(`fastq/ref-chr21/${name}.gz`))));
    const built = runStepFolder('build-reference', join(folder, 'built'), {inputs: {genome: dataFile('fastq/ref-chr21/chr21_loci.fa.gz'), genes: dataFile('fastq/ref-chr21/chr21_loci.gtf.gz')}, params: {sjdb_overhang: 89}});
    expect(built).toMatchObject({status: 0});
    cpSync(built.outputs['index'], index, {recursive: true});
    const library = {lanes, index, whitelists: [dataFile('fastq/gex/whitelist.txt')]};
    const one = align(library, {cpus: 1, params: {expect_cells: 500}});
    const two = align(library, {cpus: 2, params: {expect_cells: 500, cell_calling: 'order_of_magnitude'}});
    expect([one.status, two.status]).toEqual([0, 0]);
    // README of the data: both lanes, whitelist, options as here.
    expect(createHash('md5').update(readFileSync(join(one.outputs['raw'], 'matrix.mtx'))).digest('hex')).toBe('49bcff8217a6b73466d098e3c9dea199');
    expect(readFileSync(join(one.outputs['raw'], 'matrix.mtx'), 'utf8').split('\n')[2]).toBe('653 5150 25266');
    expect(bytesOf(two, 'raw')).toEqual(bytesOf(one, 'raw'));
    // No barcode has the 500 UMIs of a candidate, so that all that STAR's EmptyDrops calls is called by order of magnitude.
    expect(bytesOf(two, 'matrix')).toEqual(bytesOf(one, 'matrix'));
    // The sixth most of 500 expected cells has 30 UMIs, so that a cell has 3: so many barcodes do.
    expect(Number(metric(two, 'n_cells')?.['value'])).toBe(3926);
  });
});

describe.skipIf(noKallisto)('kallisto and bustools', () => {
  const index = join(folder, 'kallisto-tiny');
  const library: Library = {...tiny, index};
  beforeAll(async () => {
    mkdirSync(index);
    writeFileSync(join(index, 't2g.tsv'), [1, 2, 3].map((n) => `gene${n}\tGENE${n}\tG${n}\n`).join(''));
    writeFileSync(join(index, 'reference.json'), '{"tool": "kallisto", "tool_version": "0.48.0"}');
    await runTool({argv: ['kallisto', 'index', '-i', join(index, 'kallisto.idx'), join(example, 'contigs.fa')], stdoutPath: join(folder, 'kallisto.log')});
  });

  test('the molecules of the example, as STARsolo counts them', async () => {
    const run = align(library, {params: {tool: 'kallisto'}});
    expect(run).toMatchObject({status: 0, problem: undefined});
    expect(await countsOf(run.outputs['matrix'])).toEqual(await countsOf(join(example, 'expected/matrix')));
    expect(bytesOf(run, 'matrix')['features.tsv']).toBe(readFileSync(join(example, 'expected/matrix/features.tsv'), 'utf8'));
    expect(metric(run, 'n_reads')?.['value']).toBe('12');
  });

  test('reads of the other strand are refused', () => {
    expect(align({...library, chemistry: '10x-5p-v3'}, {params: {tool: 'kallisto'}})).toMatchObject({status: 65, problem: {found: 'no read of 12 that counts for a gene, though 0 % map'}});
  });

  test('without a whitelist, with the barcodes that bustools finds frequent', async () => {
    const next = sequenceSource(33);
    const cells = [next(16), next(16)];
    const mates = Array.from({length: 400}, (_, at): Mates => ({name: `r${at}`, read1: cells[at % 2] + next(12), read2: contigs[at % 3].slice(at % 300, at % 300 + 90)}));
    const lane = [1, 2].map((mate) => writeGzip(join(folder, `own_${mate}.gz`), fastqText(mates, mate as 1 | 2)));
    const run = align({...library, lanes: [[lane[0], lane[1]]], whitelists: []}, {params: {tool: 'kallisto', cell_calling: 'none'}});
    expect(run).toMatchObject({status: 0, problem: undefined});
    const counts = await countsOf(run.outputs['matrix']);
    // 200 reads a cell, each with a UMI of its own: two of 200 random 12-mers are the same with a chance of 0.1 %.
    expect(Object.fromEntries(Object.entries(counts).map(([cell, genes]) => [cell, Object.values(genes).reduce((sum, n) => sum + n, 0)]))).toEqual({[cells[0]]: 200, [cells[1]]: 200});
  });

  test('EmptyDrops, and a barcode in parts, are refused by name', () => {
    expect(align(library, {params: {tool: 'kallisto', cell_calling: 'emptydrops'}})).toMatchObject({status: 65, problem: {found: 'emptydrops with tool kallisto', expected: 'order_of_magnitude, none or auto'}});
    expect(align({...library, chemistry: 'gexscope-v1'}, {params: {tool: 'kallisto'}})).toMatchObject({status: 65, problem: {found: 'kallisto for chemistry gexscope-v1, whose barcode has 3 parts', expected: 'star'}});
  });
});

describe.skipIf(sharedData === undefined || noKallisto)('real 10x reads with kallisto and bustools', () => {
  const gex = (lane: number, mate: number): string => dataFile(`fastq/gex/pbmc5k_chr21_S1_L00${lane}_R${mate}_001.fastq.gz`);
  const library: Library = {lanes: [1, 2].map((lane) => [gex(lane, 1), gex(lane, 2)] as const), index: join(folder, 'kallisto'), whitelists: [dataFile('fastq/gex/whitelist.txt')]};

  test('4,677 barcodes x 653 genes with 22,938 entries, whatever the number of threads; cells by order of magnitude', async () => {
    mkdirSync(library.index);
    for (const name of ['chr21_tx.fa', 't2g.tsv']) writeFileSync(join(library.index, name), gunzipSync(readFileSync(dataFile(`fastq/ref-chr21/${name}.gz`))));
    await runTool({argv: ['kallisto', 'index', '-i', 'kallisto.idx', 'chr21_tx.fa'], folder: library.index});
    writeFileSync(join(library.index, 'reference.json'), '{"tool": "kallisto", "tool_version": "0.48.0"}');
    const [one, two] = [1, 2].map((cpus) => align(library, {cpus, params: {tool: 'kallisto'}}));
    expect([one.status, two.status]).toEqual([0, 0]);
    // kallisto 0.48.0 and bustools 0.42.0 with -x 10xv3 give 4677 x 653 with 22,938 entries.
    expect(bytesOf(one, 'raw')['matrix.mtx'].split('\n')[2]).toBe('653 4677 22938');
    expect(bytesOf(two, 'raw')).toEqual(bytesOf(one, 'raw'));
    const {counts} = await readMatrixMarketFolder(one.outputs['raw']);
    expect(Number(metric(one, 'n_cells')?.['value'])).toBe(callCellsByOrder(umisOf(counts), {expectCells: 3000, maxPercentile: 0.99, maxMinRatio: 10}).length);
    expect(['cell_calling', 'tool'].map((column) => metric(one, 'n_cells')?.[column])).toEqual(['order_of_magnitude', 'kallisto']);
    expect(metric(one, 'q30_read_2')).toMatchObject({value: null, missing: 'kallisto does not tell it'});
    expect(readFileSync(one.outputs['versions'], 'utf8')).toContain('"bustools"');
  });
});
