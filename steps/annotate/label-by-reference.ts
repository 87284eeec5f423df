// Labels from a reference by SingleR: each cell takes the label whose profiles it correlates with best, by scran.js (WebAssembly).
import {gzipSync} from 'node:zlib';
import * as scran from 'scran.js';
import {levelsOf, type MappedLabel} from '../../pipeline/analysis/cell-annotation-labels.ts';
import {unassigned, type Evidence, type Level} from '../../pipeline/analysis/cell-annotation.ts';
import {averageProfiles, doubtfulLabels, markersPerPair, pairMarkers, ranksOf, type ReferenceProfiles} from '../../pipeline/analysis/reference-profiles.ts';
import type {CellTypes} from '../../pipeline/formats/cell-types.ts';
import {refuse, type StepJob} from '../../pipeline/step-runtime/run-step.ts';
import type {Cohort, Labelling} from './cohort.ts';
import {readReference, type Reference} from './read-reference.ts';

/** Fewer genes in common say nothing about twenty labels. */
const leastShared = 200;
const nHvgs = 2000;
const nComponents = 20;

export async function labelByReference(job: StepJob, cohort: Cohort, {cellTypes, map}: {cellTypes: CellTypes; map: Readonly<Record<string, string>>}): Promise<Labelling> {
  const path = job.input('reference');
  const column = (job.config['label_reference'] as {column?: string} | null)?.column ?? 'cell_type';
  const reference = await readReference(path, {column, map, cellTypes});
  const [ours, theirs] = [cohort.symbols, reference.symbols].map((symbols) => symbols.map((symbol) => symbol.toUpperCase()));
  const known = new Set(ours);
  const nShared = [...new Set(theirs)].filter((symbol) => known.has(symbol)).length;
  if (nShared < leastShared) {
    refuse({input: path, found: `${nShared} gene names in common with the samples`, expected: `at least ${leastShared}`, advice: 'Use a reference whose genes are named as those of the matrices (symbols or ids).'});
  }
  await scran.initialize({numberOfThreads: job.limits.cpus});
  const names = [...new Set(reference.labels)].sort();
  const profiles = profilesOf(reference, names);
  const loaded = scran.loadLabelCellsReferenceFromBuffers(...referenceFiles(profiles, names.length));
  const trained = scran.trainLabelCellsReference(ours, loaded, theirs, {top: markersPerPair(names.length), approximate: false});
  const nCells = cohort.cellIds.length;
  const [best, scores, lead] = [new Int32Array(nCells), names.map(() => new Float64Array(nCells)), new Float64Array(nCells)];
  for await (const {counts, cells} of cohort.pieces()) {
    const matrix = scran.initializeSparseMatrixFromSparseArrays(counts.nColumns, counts.nRows, counts.values, counts.indices, counts.indptr, {byRow: false, forceInteger: true, layered: true});
    const found = scran.labelCells(matrix, trained);
    const put = (values: ArrayLike<number>, into: Int32Array | Float64Array): void => {
      for (let row = 0; row < cells.length; row++) into[cells[row]] = values[row];
    };
    put(found.predicted(), best);
    for (const [label, own] of scores.entries()) put(found.scoreForLabel(label), own);
    put(found.delta(), lead);
    found.free();
    matrix.free();
  }
  return labelling(names.map((name) => levelsOf(cellTypes.types.find((type) => type.label === name)!, cellTypes.types)), {best, scores, lead, names, mads: job.param('prune_mads')});
}

/** Root of the number of cells, at most 20 profiles a label: like cells together (SingleR's aggregateReference). */
function profilesOf({logValues, labels}: Reference, names: readonly string[]): ReferenceProfiles {
  const {nRows, nColumns, values, indices, indptr} = logValues;
  const matrix = scran.initializeSparseMatrixFromSparseArrays(nColumns, nRows, values, indices, indptr, {byRow: false, forceInteger: false, layered: false});
  const block = new Int32Array(nRows);
  const features = scran.chooseHvgs(scran.modelGeneVariances(matrix, {block}), {number: nHvgs});
  const pca = scran.runPca(matrix, {features, numberOfPCs: Math.min(nComponents, nRows - 1), block, blockMethod: 'none'});
  const [components, nPcs] = [pca.principalComponents(), pca.numberOfPCs()];
  const groupOfCell = new Int32Array(nRows);
  const labelOfGroup: number[] = [];
  for (const [label, name] of names.entries()) {
    const cells = [...labels.keys()].filter((cell) => labels[cell] === name);
    const nGroups = Math.min(20, Math.round(Math.sqrt(cells.length)));
    const own = Float64Array.from(cells.flatMap((cell) => [...components.subarray(cell * nPcs, (cell + 1) * nPcs)]));
    const groups = nGroups < 2 ? new Int32Array(cells.length) : scran.clusterKmeans(own, nGroups, {numberOfDims: nPcs, numberOfCells: cells.length}).clusters();
    // A group may be empty.
    const place = new Map([...new Set(groups)].sort((a, b) => a - b).map((group, k) => [group, labelOfGroup.length + k]));
    for (const [k, cell] of cells.entries()) groupOfCell[cell] = place.get(groups[k])!;
    for (let k = 0; k < place.size; k++) labelOfGroup.push(label);
  }
  return averageProfiles(logValues, groupOfCell, Int32Array.from(labelOfGroup));
}

/** The three files that scran.js takes: ranks a profile, genes a pair of labels, label a profile. */
function referenceFiles(profiles: ReferenceProfiles, nLabels: number): [Uint8Array, Uint8Array, Uint8Array] {
  const {labels, values} = profiles;
  const nGenes = values.length / labels.length;
  const file = (lines: readonly string[]): Uint8Array => new Uint8Array(gzipSync(lines.map((line) => `${line}\n`).join('')));
  return [
    file(Array.from(labels, (_, profile) => ranksOf(values.subarray(profile * nGenes, (profile + 1) * nGenes)).join(','))),
    file(pairMarkers(profiles, nLabels).flatMap((others, a) => others.flatMap((genes, b) => (a === b ? [] : [[a, b, ...genes].join('\t')])))),
    file(Array.from(labels, String)),
  ];
}

interface Compared {
  readonly names: readonly string[];
  readonly best: Int32Array;
  readonly scores: readonly Float64Array[];
  readonly lead: Float64Array;
  readonly mads: number;
}

function labelling(homes: readonly MappedLabel[], {names, best, scores, lead, mads}: Compared): Labelling {
  const doubtful = doubtfulLabels(best, scores, mads);
  const labelOf = (cell: number, level: keyof MappedLabel): string => (doubtful[cell] ? unassigned : homes[best[cell]][level]);
  const column = (level: keyof MappedLabel): string[] => Array.from(best, (_, cell) => labelOf(cell, level));
  const evidence = (level: Level, coarser: keyof MappedLabel | null, own: keyof MappedLabel): Evidence => {
    // A level that the reference does not tell has nothing compared.
    const isTold = (label: number): boolean => level === 'lineage' || homes[label][own] !== homes[label][coarser!];
    const only = (values: (cell: number) => number): Float64Array => Float64Array.from(best, (label, cell) => (isTold(label) ? values(cell) : NaN));
    return {score: only((cell) => scores[best[cell]][cell]), margin: only((cell) => lead[cell])};
  };
  const lineages = [...new Set(homes.map(({lineage}) => lineage))];
  return {
    source: 'reference',
    notCompared: new Map(),
    lineage: column('lineage'), cell_type: column('cell_type'), cell_subtype: column('cell_subtype'),
    evidence: {lineage: evidence('lineage', null, 'lineage'), type: evidence('type', 'lineage', 'cell_type'), subtype: evidence('subtype', 'cell_type', 'cell_subtype')},
    notes: doubtful.map((isDoubtful, cell) => (isDoubtful ? [`lineage: nearest to ${names[best[cell]]}, with a lead more than ${mads} MADs below what is usual for it`] : [])),
    lineageScores: new Map(lineages.map((lineage) => [lineage, Float64Array.from(best, (_, cell) => homes.reduce((most, home, label) => (home.lineage === lineage ? Math.max(most, scores[label][cell]) : most), -1))])),
    missing: null,
  };
}
