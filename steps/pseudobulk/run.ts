import {readFileSync} from 'node:fs';
import {joinCells, type CellsOfOneFile} from '../../pipeline/analysis/cell-quality-cohort.ts';
import {pairPseudobulks, sumByGroup, type BulkSample, type Pseudobulk} from '../../pipeline/analysis/pseudobulk.ts';
import {holdsCounts, noCounts} from '../../pipeline/analysis/recover-counts.ts';
import {groupsOf, type CellLabel} from '../../pipeline/analysis/score-groups.ts';
import type {SignatureUniverse} from '../../pipeline/analysis/score-signatures.ts';
import {columnAsText, type DataFrame} from '../../pipeline/data/annotated-matrix.ts';
import {readTable, writeCells, writeTable} from '../../pipeline/formats/delimited-text.ts';
import {readH5ad} from '../../pipeline/formats/h5ad.ts';
import {refuse, runStep, type StepJob} from '../../pipeline/step-runtime/run-step.ts';
import {geneSetRows} from './gene-set-rows.ts';

await runStep(async (job) => {
  const samples = [...Map.groupBy(job.design.rows, (row) => row['sample_id'])];
  const {counts, genes, nSamplesOfGene, cells} = await readCohort(job);
  const labels = new Map(readTable(job.input('labels')).rows.map((row): [string, CellLabel] => [String(row['cell_id']), {lineage: String(row['lineage']), cell_type: String(row['cell_type'])}]));
  const labelOfCell = cells.map(({cellId}) => labels.get(cellId));
  const bulks = sumByGroup({
    counts, labelOfCell,
    sampleOfCell: cells.map(({sample}) => sample),
    samples: samples.map(([sample_id, rows]): BulkSample => ({sample_id, gap: gapOf(rows)})),
    groups: groupsOf(labelOfCell.filter((label) => label !== undefined)).filter(({level}) => level !== 'all'),
    minCells: job.param('min_cells'),
  });
  writeSamples(job, bulks, new Map(samples));
  const ids = geneIds(genes);
  writeCounts(job, bulks, {genes, ids, nSamplesOfGene});
  writeTable(job.output('pairs'), {
    columns: ['contrast', 'cell_type', 'level', 'patient_id', 'before', 'after', 'missing'],
    rows: pairPseudobulks(job.design.rows, job.design.contrasts ?? [], bulks).map(({group, ...pair}) => ({...pair, ...group})),
  });
  const universe = JSON.parse(readFileSync(job.input('universe'), 'utf8')) as SignatureUniverse;
  writeTable(job.output('gene_sets'), {columns: ['signature', 'role', 'gene_id', 'direction', 'missing'], rows: geneSetRows(universe, new Map(genes.index.map((gene, k) => [gene, ids[k]])))});
});

interface Cohort {
  readonly counts: CellsOfOneFile['counts'];
  readonly genes: DataFrame;
  /** In how many of the files with cells each gene was measured, and of how many. */
  readonly nSamplesOfGene: {readonly of: readonly number[]; readonly all: number};
  readonly cells: readonly {readonly cellId: string; readonly sample: string | null}[];
}

async function readCohort(job: StepJob): Promise<Cohort> {
  const files: CellsOfOneFile[] = [];
  const cells: {cellId: string; sample: string | null}[] = [];
  for (const {path} of job.inputFiles('kept')) {
    const data = await readH5ad(path, {layers: false, obsm: false});
    if (!holdsCounts(data)) refuse({input: path, found: noCounts, expected: 'raw counts, of which the tests of genes are made', advice: 'Save the raw counts in layers["counts"] of the file that `cells` names, or set differential_expression: false.'});
    if (data.X?.kind !== 'sparse' || data.obs.index.length === 0) continue;
    files.push({counts: data.X, genes: data.var});
    const sampleOf = columnAsText(data.obs, 'sample_id') ?? [];
    cells.push(...data.obs.index.map((cellId, k) => ({cellId, sample: sampleOf[k] ?? null})));
  }
  const {counts, genes} = joinCells(files, 'all');
  const nFiles = new Map<string, number>();
  for (const file of files) for (const gene of file.genes.index) nFiles.set(gene, (nFiles.get(gene) ?? 0) + 1);
  return {counts, genes, nSamplesOfGene: {of: genes.index.map((gene) => nFiles.get(gene) ?? 0), all: files.length}, cells};
}

function gapOf(rows: StepJob['design']['rows']): string | null {
  if (rows.some((row) => !row['excluded'] && row['library'] === 'gex')) return null;
  const excluded = rows.find((row) => row['excluded'])?.['excluded'];
  return excluded ? `excluded: ${excluded}` : 'no gene expression library';
}

/** The ids of the file where each is there once, else the names that tell the rows of the matrix apart. */
function geneIds(genes: DataFrame): readonly string[] {
  const ids = columnAsText(genes, 'gene_id');
  return ids !== undefined && !ids.includes(null) && new Set(ids).size === ids.length ? (ids as string[]) : genes.index;
}

function writeSamples(job: StepJob, bulks: readonly Pseudobulk[], sheet: ReadonlyMap<string, StepJob['design']['rows']>): void {
  writeTable(job.output('samples'), {
    columns: ['sample_id', 'patient_id', 'timepoint', 'day', 'cell_type', 'level', 'n_cells', 'n_counts', 'column', 'missing'],
    rows: bulks.map(({sample_id, group, name, nCells, nCounts, sums, missing}) => {
      const row = sheet.get(sample_id)?.[0];
      return {sample_id, patient_id: row?.['patient_id'] ?? null, timepoint: row?.['timepoint'] ?? null, day: row?.['day'] || null, ...group, n_cells: nCells, n_counts: nCounts, column: sums === null ? null : name, missing};
    }),
  });
}

/** A gene that some sample was not measured on would be a false zero there: its row is empty and says so. */
function writeCounts(job: StepJob, bulks: readonly Pseudobulk[], {genes, ids, nSamplesOfGene}: {genes: DataFrame; ids: readonly string[]; nSamplesOfGene: Cohort['nSamplesOfGene']}): void {
  const summed = bulks.flatMap(({name, sums}) => (sums === null ? [] : [{name, sums}]));
  const symbols = columnAsText(genes, 'gene_symbol') ?? genes.index;
  writeCells(job.output('counts'), ['gene_id', 'gene_symbol', ...summed.map(({name}) => name), 'missing'], genes.index.map((gene, k) => () => {
    const n = nSamplesOfGene.of[k];
    const isShared = n === nSamplesOfGene.all;
    return [ids[k], symbols[k] ?? gene, ...summed.map(({sums}) => (isShared ? sums[k] : null)), isShared ? null : `measured in ${n} of ${nSamplesOfGene.all} matrices`];
  }));
}
