import {readFileSync} from 'node:fs';
import {groupsOf, isInGroup, summaryRows, type CellLabel} from '../../pipeline/analysis/score-groups.ts';
import {joinScores, orderGenes, scoreMethods, scoreSignatures, type ScoreMethod, type SetScore, type SignatureUniverse} from '../../pipeline/analysis/score-signatures.ts';
import {randomStream} from '../../pipeline/base/random.ts';
import {columnAsText} from '../../pipeline/data/annotated-matrix.ts';
import type {SparseMatrix} from '../../pipeline/data/matrix.ts';
import type {Row} from '../../pipeline/data/table.ts';
import {readTable, writeTable} from '../../pipeline/formats/delimited-text.ts';
import {readH5adRows} from '../../pipeline/formats/h5ad-rows.ts';
import {writeH5ad} from '../../pipeline/formats/h5ad.ts';
import {refuse, runStep, type StepJob} from '../../pipeline/step-runtime/run-step.ts';

await runStep(async (job) => {
  const universe = JSON.parse(readFileSync(job.input('universe'), 'utf8')) as SignatureUniverse;
  const method = job.param<ScoreMethod>('method');
  const others = sensitivityMethods(job).filter((other) => other !== method);
  const {sample_id, patient_id, timepoint, day} = job.design.rows[0];
  const {cells, scoresBy} = await scoreSample(job, sample_id, {universe, methods: [method, ...others]});
  const carPath = job.optionalInput('car');
  const carCalls = new Map(carPath === undefined ? [] : readTable(carPath).rows.map((row) => [String(row['cell_id']), String(row['car_call'])] as const));
  const labels = new Map(readTable(job.input('labels')).rows.map((row): [string, CellLabel] => {
    const car_call = carCalls.get(String(row['cell_id']));
    return [String(row['cell_id']), {lineage: String(row['lineage']), cell_type: String(row['cell_type']), ...(car_call === undefined ? {} : {car_call})}];
  }));
  const scores = scoresBy.get(method) ?? [];
  const keys: Row = {sample_id, patient_id, timepoint, day: day || null};
  const groups = groupsOf(labels.values()).map((group) => ({group, belongs: cells.map((cell) => isInGroup(labels.get(cell), group))}));
  // The first row's method is the one that is claimed; the others follow it.
  const rows = [...scoresBy].flatMap(([one, own]) => groups.flatMap(({group, belongs}) => summaryRows({keys, group, belongs, universe, scores: own, method: one, variant: 'as-counted'})));
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

/** A piece of the sample's cells at a time, by every method, so that no more counts are in memory than of a piece. */
async function scoreSample(job: StepJob, sampleId: string, {universe, methods}: {universe: SignatureUniverse; methods: readonly ScoreMethod[]}): Promise<{cells: string[]; scoresBy: ReadonlyMap<ScoreMethod, SetScore[]>}> {
  const cells: string[] = [];
  const pieces = new Map(methods.map((method) => [method, [] as SetScore[][]]));
  const isRandom = job.param<string>('aucell_ties') === 'random';
  const score = (counts: SparseMatrix, own: readonly string[]): void => {
    const tiesOf = isRandom ? (row: number) => randomStream(job.param<number>('aucell_seed'), `aucell ties ${own[row]}`) : undefined;
    for (const [method, done] of pieces) done.push(scoreSignatures(counts, universe, method, {tiesOf}));
  };
  for (const {path} of job.inputFiles('kept')) {
    const ofSample = readH5adRows(path, ({obs}) => (columnAsText(obs, 'sample_id') ?? []).flatMap((sample, row) => (sample === sampleId ? [row] : [])));
    for await (const {rows, counts, obs, var: genes} of ofSample) {
      const own = Array.from(rows, (row) => obs.index[row]);
      score(orderGenes(counts, genes.index, universe.genes), own);
      cells.push(...own);
    }
  }
  if (cells.length === 0) score({kind: 'sparse', nRows: 0, nColumns: universe.genes.length, indptr: new Uint32Array(1), indices: new Uint32Array(), values: new Float32Array()}, []);
  return {cells, scoresBy: new Map([...pieces].map(([method, own]) => [method, joinScores(own)]))};
}
