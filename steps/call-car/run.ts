// Kept cells -> UMIs and call of the transgene for each, and its shares in cells that may and cells that cannot carry it.
import {didYouMean} from '../../pipeline/base/closest-name.ts';
import {countTransgeneCalls, sumColumns, transgeneColumns, transgeneShareColumns, type TransgeneSample} from '../../pipeline/analysis/transgene-calls.ts';
import {holdsCounts, noCounts} from '../../pipeline/analysis/recover-counts.ts';
import {columnAsText} from '../../pipeline/data/annotated-matrix.ts';
import type {SparseMatrix} from '../../pipeline/data/matrix.ts';
import {readCellTypes} from '../../pipeline/formats/cell-types.ts';
import {readTable, writeTable} from '../../pipeline/formats/delimited-text.ts';
import {readH5ad} from '../../pipeline/formats/h5ad.ts';
import {refuse, runStep, type StepJob} from '../../pipeline/step-runtime/run-step.ts';

const keys = ['sample_id', 'patient_id', 'timepoint', 'day'];

interface CellUmi {
  readonly cell_id: string;
  /** null: not assayed. */
  readonly umi: number | null;
  /** Features that the sample's matrix lacks. */
  readonly missing: string | null;
}

await runStep(async (job) => {
  const {features, min_umi} = job.config['car'] as {features: readonly string[]; min_umi: number};
  const cells = await readUmis(job, features);
  const lineages = new Map(job.inputFiles('labels').flatMap(({path}) => readTable(path).rows).map((row) => [String(row['cell_id']), String(row['lineage'])]));
  const samples = [...Map.groupBy(job.design.rows, (row) => row['sample_id'])].filter(([id]) => cells.has(id)).map(([id, [row]]) => ({
    keys: Object.fromEntries(keys.map((key) => [key, row[key] || null])), row, cells: cells.get(id) ?? [],
  }));
  writeTable(job.output('cells'), {
    columns: [...keys, 'cell_id', 'car_umi', 'car_call', 'missing'],
    rows: samples.flatMap((sample) => sample.cells.map(({cell_id, umi, missing}) => ({
      ...sample.keys, cell_id, car_umi: umi, car_call: umi === null ? 'not_assayed' : umi >= min_umi ? 'assayed_pos' : 'assayed_neg', missing: missing === null ? null : `car_umi: ${missing}`,
    }))),
  });
  const counted = samples.map(({keys: lead, row, cells: own}): TransgeneSample => ({
    keys: lead, origin: originOf(row, job.design.timepoints ?? []), lineage: own.map(({cell_id}) => lineages.get(cell_id) ?? 'unassigned'),
    umi: own.map(({umi}) => umi), missing: own[0]?.missing ?? null,
  }));
  const known = readCellTypes(job.input('cell_types')).types.filter((type) => type.level === 'lineage').map((type) => type.label);
  // One UMI may be ambient RNA or a hopped index, two are rarely both: shown at 1 and 2 whatever is asked for.
  const thresholds = [...new Set([min_umi, 1, 2])].sort((a, b) => a - b);
  writeTable(job.output('car_calls'), {columns: [...keys, ...transgeneShareColumns], rows: countTransgeneCalls(counted, {lineages: known, thresholds, minUmi: min_umi})});
});

/** Sample -> its kept cells. */
async function readUmis(job: StepJob, features: readonly string[]): Promise<Map<string, CellUmi[]>> {
  const cells = new Map<string, CellUmi[]>();
  const unseen = new Set(features);
  const names = new Set<string>();
  for (const {path} of job.inputFiles('kept')) {
    const {obs, var: genes, X, uns} = await readH5ad(path, {layers: false, obsm: false});
    for (const name of genes.index) names.add(name);
    const columns = transgeneColumns(genes, features);
    const absent = features.filter((feature) => columns.get(feature)?.length === 0);
    for (const feature of features) if (!absent.includes(feature)) unseen.delete(feature);
    const isCounted = holdsCounts({uns});
    const umi = isCounted && absent.length < features.length ? sumColumns(X as SparseMatrix, [...columns.values()].flat()) : undefined;
    const missing = !isCounted ? noCounts : absent.length === 0 ? null : `no row ${absent.join(', ')} in the matrix of this sample`;
    const sampleIds = columnAsText(obs, 'sample_id') ?? [];
    for (const [row, cell_id] of obs.index.entries()) {
      const sample = String(sampleIds[row]);
      const own = cells.get(sample) ?? [];
      cells.set(sample, own);
      own.push({cell_id, umi: umi === undefined ? null : umi[row], missing});
    }
  }
  for (const feature of unseen) {
    const near = didYouMean(feature, [...names]);
    refuse({input: 'car.features', found: `no row ${feature} in any matrix`, expected: 'names of rows of the matrix', advice: near || 'Align to a reference that holds the transgene (reference.extra), or remove car from the run file.'});
  }
  return cells;
}

/** Days count from the infusion; without one the first timepoint is before it. */
function originOf(row: StepJob['design']['rows'][number], timepoints: readonly string[]): TransgeneSample['origin'] {
  if (row['tissue'] === 'infusion product') return 'infusion product';
  const isBefore = row['day'] ? Number(row['day']) < 0 || (Number(row['day']) === 0 && row['timepoint'] === timepoints[0]) : timepoints.length > 1 && row['timepoint'] === timepoints[0];
  return isBefore ? 'before infusion' : 'after infusion';
}
