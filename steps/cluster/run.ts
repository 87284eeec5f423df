// Kept cells of every sample -> one embedding with clusters, and their marker genes.
import * as scran from 'scran.js';
import {transgeneColumns} from '../../pipeline/analysis/transgene-calls.ts';
import {columnsOfFamilies, geneFamilyNames, type GeneFamily} from '../../pipeline/analysis/gene-families.ts';
import {columnAsText} from '../../pipeline/data/annotated-matrix.ts';
import type {DenseMatrix} from '../../pipeline/data/matrix.ts';
import type {Row} from '../../pipeline/data/table.ts';
import {writeTable} from '../../pipeline/formats/delimited-text.ts';
import {writeH5ad} from '../../pipeline/formats/h5ad.ts';
import {refuse, runStep, type StepJob} from '../../pipeline/step-runtime/run-step.ts';
import {cellLoader, type LoadedCells} from './load-cells.ts';
import {markerTable} from './marker-table.ts';
import {readKept, type KeptCells} from './read-kept.ts';
import {clusterCells, type ChainOptions, type ChainResult} from './scran-chain.ts';
import {stabilityColumns, sweepResolutions, unswept, type Points} from './stability.ts';

/** With fewer there is no neighbourhood to speak of; cells alone in their sample vary in nothing once the sample is regressed out. */
const leastCells = 11;
const leastFreedom = 5;

await runStep(async (job) => {
  const {genes, cellIds, sampleIds, nFiles, eachFile} = await readKept(job.inputFiles('kept').map(({path}) => path));
  if (nFiles > 1 && genes.index.length === 0) {
    refuse({
      input: job.inputFiles('kept')[0].path,
      found: 'samples that share no gene name',
      expected: 'one annotation for all samples',
      advice: 'Check whether some matrices name genes by symbol and others by id, or come from another species.',
    });
  }
  const order = [...new Set(sampleIds)];
  const isTooSmall = cellIds.length < leastCells || cellIds.length - order.length < leastFreedom;
  const families = excludedFamilies(job);
  const transgenes = [...transgeneColumns(genes, (job.config['car'] as {features?: readonly string[]} | null)?.features ?? []).values()].flat();
  const stability = stabilitySweep(job);
  const swept: Row[] = isTooSmall ? stability(null) : [];
  const chain = isTooSmall ? null : await clusterCells(await loaded(eachFile, job.limits.cpus), Int32Array.from(sampleIds, (id) => order.indexOf(id)), {
    ...(job.params as unknown as ChainOptions),
    mnn: job.param('batch') === 'mnn',
    // The transgene is what cells are asked about, so that it must not decide which of them are alike.
    neverVariable: [...new Set([...transgenes, ...columnsOfFamilies(columnAsText(genes, 'gene_symbol') as string[] | undefined ?? genes.index, families)])],
    threads: job.limits.cpus,
    meanwhile: (points) => swept.push(...stability(points)),
  });

  await writeH5ad(job.output('embedding'), {
    obs: {
      index: cellIds,
      columns: new Map([
        ['sample_id', {kind: 'string', values: sampleIds}],
        ['cluster', {kind: 'string', values: cellIds.map((_, cell) => String((chain?.clusters[cell] ?? 0) + 1))}],
      ]),
    },
    var: {index: [], columns: new Map()},
    X: null,
    ...(chain === null ? {} : {obsm: embeddingOf(chain)}),
  });
  writeTable(job.output('cluster_stability'), {columns: stabilityColumns, rows: swept});
  writeTable(job.output('markers'), markerTable(chain?.markers ?? [], genes, job.param('n_markers')));
});

async function loaded(eachFile: KeptCells['eachFile'], threads: number): Promise<LoadedCells> {
  await scran.initialize({numberOfThreads: threads});
  const loader = cellLoader();
  await eachFile(loader.add);
  return loader.cells();
}

function excludedFamilies(job: StepJob): GeneFamily[] {
  return job.param<unknown[]>('hvg_exclude').map((asked) => {
    const found = geneFamilyNames.find((name) => name === asked);
    return found ?? refuse({input: 'cluster.hvg_exclude', found: JSON.stringify(asked), expected: `a list of ${geneFamilyNames.join(', ')}`, advice: 'Change steps.cluster.hvg_exclude in the run file.'});
  });
}

/** What is asked for is checked before anything is computed. */
function stabilitySweep(job: StepJob): (points: Points | null) => Row[] {
  const [chosen, nDraws] = [job.param<number>('resolution'), job.param<number>('stability_draws')];
  const asked = job.param<unknown[]>('stability_resolutions');
  const wrong = asked.find((value) => typeof value !== 'number' || value < 0.01 || value > 20);
  if (wrong !== undefined) refuse({input: 'cluster.stability_resolutions', found: JSON.stringify(wrong), expected: 'numbers from 0.01 to 20', advice: 'Change steps.cluster.stability_resolutions in the run file.'});
  const resolutions = [...new Set([...(asked as number[]), chosen])].sort((a, b) => a - b);
  return (points) => {
    if (nDraws === 0) return unswept(resolutions, chosen, 'not asked for: stability_draws is 0');
    if (points === null) return unswept(resolutions, chosen, 'too few cells for clusters');
    return sweepResolutions(points, {resolutions, chosen, nDraws, nNeighbors: job.param('n_neighbors'), seed: job.seed});
  };
}

function embeddingOf({nCells, nPcs, components, umap, neighbors, nNeighbors}: ChainResult): Map<string, DenseMatrix> {
  const layout = new Float64Array(2 * nCells);
  for (let cell = 0; cell < nCells; cell++) layout.set([umap.x[cell], umap.y[cell]], 2 * cell);
  const dense = (nColumns: number, values: DenseMatrix['values']): DenseMatrix => ({kind: 'dense', nRows: nCells, nColumns, values});
  return new Map([
    ['X_pca', dense(nPcs, Float32Array.from(components))],
    ['X_umap', dense(2, Float32Array.from(layout))],
    ['neighbors', dense(nNeighbors, Int32Array.from(neighbors))],
  ]);
}
