// From reads with a known transgene to its calls, through the command line: what is called is what was put in, the controls are near zero, and
// the reference warns of the transgene that cannot be told from its host genes where the reads are.
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import type {Row} from '../../pipeline/data/table.ts';
import {readTable} from '../../pipeline/formats/delimited-text.ts';
import {chosenVariant} from '../../pipeline/model/step-contract.ts';
import {runCli} from '../rig/cli.ts';
import {readContract} from '../rig/run-step.ts';
import {skipsWithout} from '../rig/tools.ts';
import {writeTransgeneCohort, type TransgeneCohort} from '../rig/transgene-cohort.ts';

const isSkipped = skipsWithout({...chosenVariant(readContract('align'), {tool: 'star'}), name: 'the run from reads with a transgene'});

describe.skipIf(isSkipped)('a run from reads with a transgene', () => {
  let folder: string;
  let cohort: TransgeneCohort;
  let run: ReturnType<typeof runCli>;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'lymphline-transgene-'));
    cohort = writeTransgeneCohort(folder, 11);
    run = runCli(['run', cohort.runFile], {LYMPHLINE_CACHE: join(folder, 'cache')});
    expect(run.status, run.stderr).toBe(0);
  });
  afterAll(() => rmSync(folder, {recursive: true, force: true}));

  const rows = (name: string): readonly Row[] => readTable(join(folder, 'runs/transgene/results/tables', name)).rows;
  const positive = (sample: string): string[] => rows('cells.tsv.gz').filter((row) => row['sample_id'] === sample && row['car_call'] === 'assayed_pos').map((row) => String(row['cell_id']));
  const call = (want: Readonly<Record<string, string | null>>): Row | undefined => rows('car_calls.tsv').find((row) => Object.entries(want).every(([key, value]) => row[key] === value));

  test('the reference warns of the transgene whose end is its host genes, and not of the one with an end of its own', () => {
    const [orf, utr] = rows('reference_contigs.tsv');
    // 666 of 1,668 and of 2,268 bases are of the host; a base beside a border is shared where it is the same by chance.
    expect(Math.abs(Number(orf['unique_fraction']) - (1 - 666 / 1668)) * 1668).toBeLessThan(6);
    expect(Math.abs(Number(utr['unique_fraction']) - (1 - 666 / 2268)) * 2268).toBeLessThan(6);
    // ATG, 332 codons of its own, 222 of the host.
    expect([orf['orf_aa'], utr['orf_aa']]).toEqual(['555', '555']);
    expect([orf['gene_shared_with'], utr['gene_shared_with']]).toEqual(['CD247, CD8A, CD28', 'CD247, CD8A, CD28']);
    expect(Number(orf['unique_in_last_500_bp'])).toBeLessThan(10);
    expect([utr['unique_in_last_500_bp'], utr['warning']]).toEqual(['500', null]);
    expect(run.stderr).toMatch(/\nReference: CAR_ORF: only \d of the last 500 bp are unique \(shared with CD247, CD8A, CD28\): most reads of this end fall on the transgene and on a gene, and are not counted\./);
    expect(run.stderr).not.toContain('CAR_UTR');
  });

  test('every carrier of the transgene with an end of its own is called, and no other T cell', () => {
    const carriers = cohort.carriers.get('P2-month1') ?? [];
    expect(carriers.length).toBe(20);
    expect(positive('P2-month1').filter((cell) => cohort.lineages.get(cell) === 'T cell').sort()).toEqual([...carriers].sort());
    expect(call({sample_id: 'P2-month1', lineage: 'T cell', min_umi: '1'})).toMatchObject({n_cells: '40', n_positive: '20', role: 'after infusion'});
  });

  test('of the other one, carriers are missed but nobody is called who holds none', () => {
    const carriers = new Set(cohort.carriers.get('P1-month1'));
    const found = positive('P1-month1').filter((cell) => cohort.lineages.get(cell) === 'T cell');
    expect(found.filter((cell) => !carriers.has(cell))).toEqual([]);
    // Of 411 places of a read about 120 cross a border between parts and fall on the transgene alone: 1 - (1 - 120 / 411)^2 = 0.5 of the cells with two molecules.
    expect(found.length).toBeGreaterThanOrEqual(5);
    expect(found.length).toBeLessThanOrEqual(15);
  });

  test('the controls: nobody before the infusion, though the T cells are full of the host genes; of the other cells the one that was contaminated', () => {
    // Clopper-Pearson for 0 of 160: upper bound 1 - 0.025^(1/160) = 0.0228.
    const before = call({sample_id: null, role: 'negative control: before infusion', min_umi: '1'});
    expect(before).toMatchObject({n_cells: '160', n_positive: '0'});
    expect(Number(before?.['fraction_upper'])).toBeCloseTo(1 - 0.025 ** (1 / 160), 9);
    const others = [...positive('P1-month1'), ...positive('P2-month1')].filter((cell) => cohort.lineages.get(cell) !== 'T cell');
    expect(others.filter((cell) => ![...cohort.ambient.values()].includes(cell))).toEqual([]);
    expect(others).toContain(cohort.ambient.get('P2-month1'));
    expect(call({sample_id: null, role: 'negative control: no T cell', min_umi: '1'})).toMatchObject({n_cells: '80', n_positive: String(others.length)});
    expect(call({sample_id: null, role: 'negative control: no T cell', min_umi: '2'})).toMatchObject({n_positive: '0'});
  });

  test('the transgene is told at the end of the run, is in the report, and takes no rank', () => {
    expect(run.stderr).toMatch(/\nTransgene: found \(at least 1 UMI\) in \d+ of 80 T cells after the infusion; its floor: 0 of 160 cells before the infusion \(at most 2\.3 %\), \d of 80 later cells that are no T cells/);
    expect(readFileSync(join(folder, 'runs/transgene/results/report.html'), 'utf8')).toContain('<strong>Reference</strong>: CAR_ORF');
    const universe = JSON.parse(readFileSync(join(folder, 'runs/transgene/jobs/signature-universe/cohort/attempt-1/outputs/universe.json'), 'utf8')) as {genes: string[]; excluded: number[]};
    expect(universe.excluded.map((k) => universe.genes[k])).toEqual(['CAR_ORF', 'CAR_UTR']);
  });
});
