import {readFileSync} from 'node:fs';
import {groupsOf, isInGroup, summaryRows, type CellLabel} from '../../pipeline/analysis/score-groups.ts';
import {orderGenes, scoreMethods, scoreSignatures, type ScoreMethod, type SignatureUniverse} from '../../pipeline/analysis/score-signatures.ts';
import {randomStream} from '../../pipeline/base/random.ts';
import {columnAsText} from '../../pipeline/data/annotated-matrix.ts';
import {selectRows, stackRows, type SparseMatrix} from '../../pipeline/data/matrix.ts';
import type {Row} from '../../pipeline/data/table.ts';
import {readTable, writeTable} from '../../pipeline/formats/delimited-text.ts';
import {readH5ad, writeH5ad} from '../../pipeline/formats/h5ad.ts';
import {refuse, runStep, type StepJob} from '../../pipeline/step-runtime/run-step.ts';

await runStep(async (job) => {
  const universe = JSON.parse(readFileSync(job.input('universe'), 'utf8')) as SignatureUniverse;
  const method = job.param<ScoreMethod>('method');
  const others = sensitivityMethods(job).filter((other) => other !== method);
  const {sample_id, patient_id, timepoint, day} = job.design.rows[0];
  const {counts, cells} = await readSample(job.inputFiles('kept').map(({path}) => path), sample_id, universe.genes);
  const carPath = job.optionalInput('car');
  const carCalls = new Map(carPath === undefined ? [] : readTable(carPath).rows.map((row) => [String(row['cell_id']), String(row['car_call'])] as const));
  const labels = new Map(readTable(job.input('labels')).rows.map((row): [string, CellLabel] => {
    const car_call = carCalls.get(String(row['cell_id']));
    return [String(row['cell_id']), {lineage: String(row['lineage']), cell_type: String(row['cell_type']), ...(car_call === undefined ? {} : {car_call})}];
  }));
  const tiesOf = job.param<string>('aucell_ties') === 'random' ? (row: number) => randomStream(job.param<number>('aucell_seed'), `aucell ties ${cells[row]}`) : undefined;
  const scores = scoreSignatures(counts, universe, method, {tiesOf});
  const keys: Row = {sample_id, patient_id, timepoint, day: day || null};
  const groups = groupsOf(labels.values()).map((group) => ({group, belongs: cells.map((cell) => isInGroup(labels.get(cell), group))}));
  // The first row's method is the one that is claimed; the others follow it.
  const rows = [method, ...others].flatMap((one) => {
    const own = one === method ? scores : scoreSignatures(counts, universe, one, {tiesOf});
    return groups.flatMap(({group, belongs}) => summaryRows({keys, group, belongs, universe, scores: own, method: one, variant: 'as-counted'}));
  });
  writeTable(job.output('summary'), {columns: ['sample_id', 'patient_id', 'timepoint', 'day', 'cell_type', 'level', 'signature', 'method', 'variant', 'n_cells', 'mean', 'median', 'sd', 'missing'], rows});
  const used = universe.sets.flatMap((set, k) => {
    const score = scores[k];
    return 'missing' in score ? [] : [{name: set.name, values: score.values}];
  });
  const dense = Float32Array.from({length: cells.length * used.length}, (_, i) => used[i % used.length].values[Math.floor(i / used.length)]);
  await writeH5ad(job.output('scores'), {
    obs: {index: cells, columns: new Map([['sample_id', {kind: 'string', values: cells.map(() => sample_id)}]])},
    var: {index: [], columns: new Map()},
    X: null,
    obsm: new Map([['signature_scores', {kind: 'dense', nRows: cells.length, nColumns: used.length, values: dense}]]),
    uns: {signatures: used.map(({name}) => name), method},
  });
  if (!job.param<boolean>('write_cells')) return;
  writeTable(job.output('cells'), {
    columns: ['cell_id', 'signature', 'method', 'score', 'missing'],
    rows: cells.flatMap((cell_id, i) => used.map(({name, values}) => ({cell_id, signature: name, method, score: values[i]}))),
  });
});

function sensitivityMethods(job: StepJob): ScoreMethod[] {
  return job.param<unknown[]>('sensitivity').map((asked) => {
    const found = scoreMethods.find((name) => name === asked);
    return found ?? refuse({input: 'score-signatures.sensitivity', found: JSON.stringify(asked), expected: `a list of ${scoreMethods.join(', ')}`, advice: 'Change steps.score-signatures.sensitivity in the run file.'});
  });
}

async function readSample(paths: readonly string[], sampleId: string, genes: readonly string[]): Promise<{counts: SparseMatrix; cells: string[]}> {
  const parts: SparseMatrix[] = [];
  const cells: string[] = [];
  for (const path of paths) {
    const data = await readH5ad(path, {layers: false, obsm: false, uns: false});
    const rows = (columnAsText(data.obs, 'sample_id') ?? []).flatMap((sample, row) => (sample === sampleId ? [row] : []));
    if (rows.length === 0 || data.X?.kind !== 'sparse') continue;
    parts.push(orderGenes(selectRows(data.X, rows), data.var.index, genes));
    for (const row of rows) cells.push(data.obs.index[row]);
  }
  return {counts: stackRows(parts, genes.length), cells};
}
