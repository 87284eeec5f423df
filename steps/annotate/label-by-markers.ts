// The marker lists of configs/cell-types.yaml on the kept cells of the cohort.
import {markerScores, type AnnotationRules} from '../../pipeline/analysis/cell-annotation-scores.ts';
import {annotateCells, unassigned} from '../../pipeline/analysis/cell-annotation.ts';
import type {CellTypes} from '../../pipeline/formats/cell-types.ts';
import type {StepJob} from '../../pipeline/step-runtime/run-step.ts';
import type {Cohort, Labelling} from './cohort.ts';

export async function labelByMarkers(job: StepJob, cohort: Cohort, cellTypes: CellTypes): Promise<Labelling> {
  const least = job.param<number>('min_markers');
  const {add, notCompared, ...scores} = markerScores(cohort.symbols, rulesOf(cellTypes), {nCells: cohort.cellIds.length, maxRank: job.param('max_rank'), minMarkers: least});
  for await (const {counts, cells} of cohort.pieces()) add(counts, cells);
  const names = [...new Set(cohort.clusters)];
  const code = new Map(names.map((name, k) => [name, k]));
  const neighbors = cohort.embedding.obsm?.get('neighbors');
  const {evidence, ...annotation} = annotateCells({
    ...scores,
    clusters: Int32Array.from(cohort.clusters, (name) => code.get(name) ?? 0),
    nClusters: names.length,
    neighbors: Int32Array.from(neighbors?.values ?? []),
    nNeighbors: neighbors?.nColumns ?? 0,
    margins: {lineage: job.param('margin'), type: job.param('type_margin'), subtype: job.param('subtype_margin')},
  });
  return {
    ...annotation,
    source: 'markers',
    evidence,
    lineageScores: scores.lineageScores,
    notCompared: new Map(notCompared.map(({label, nPresent, nMarkers}) => [label, `not compared: ${nPresent} of ${nMarkers} marker genes in the matrix, ${least} needed; its cells bear another label`])),
    // Unassigned for want of genes is not unassigned for want of a lead.
    missing: scores.lineageScores.size > 0 ? null : `lineage, cell_type: no lineage has ${least} of its marker genes in the matrix`,
  };
}

function rulesOf({types, contests, claims, singleCellLineages}: CellTypes): AnnotationRules {
  return {
    lists: types.filter(({label}) => label !== unassigned).map(({label, level, markers, core, mouse}) => ({label, level, markers: [...markers.keys()], core, mouse: [...mouse.keys()]})),
    contests, claims, singleCellLineages,
  };
}
