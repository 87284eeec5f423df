// Every figure of the report, in the order of the page. A run without the data of one has its picture say why.
import type {Random} from '../base/random.ts';
import {drawAttrition} from './attrition.ts';
import {drawCarCells} from './car-cells.ts';
import {drawClinicalCourse} from './clinical-course.ts';
import {drawClonalAbundance} from './clonal-abundance.ts';
import {drawCloneDiversity} from './clone-diversity.ts';
import {drawCloneSensitivity} from './clone-sensitivity.ts';
import {drawCloneTracking} from './clone-tracking.ts';
import {drawClusterStability} from './cluster-stability.ts';
import {drawCohortDesign} from './cohort-design.ts';
import {drawComposition} from './composition.ts';
import {drawDepthCheck} from './depth-check.ts';
import {drawEndpoints} from './endpoints.ts';
import type {Figure, FigureData} from './figure.ts';
import {drawMutations, drawVGenes} from './heavy-chains.ts';
import {drawMarkers} from './markers.ts';
import {drawQuality} from './quality.ts';
import {drawRepertoireOverlap} from './repertoire-overlap.ts';
import {drawBCellTypes, drawCloneSizeClasses, drawCompositionOfSamples, drawIsotypes} from './share-figures.ts';
import {drawSignatureByCellType} from './signature-by-cell-type.ts';
import {drawSignatureChange} from './signature-change.ts';
import {drawSignatureRobustness} from './signature-robustness.ts';
import {drawUmap} from './umap.ts';
import {drawVolcano} from './volcano.ts';

const figures: readonly ((data: FigureData, random: Random) => Figure)[] = [
  drawCohortDesign,
  drawClonalAbundance, drawCloneTracking, drawCloneDiversity, drawCloneSizeClasses, drawCloneSensitivity, drawRepertoireOverlap, drawIsotypes, drawVGenes, drawMutations,
  drawSignatureChange, drawSignatureRobustness, drawSignatureByCellType, drawDepthCheck,
  drawVolcano,
  drawComposition, drawCompositionOfSamples, drawBCellTypes, drawUmap, drawClusterStability, drawMarkers, drawCarCells,
  drawClinicalCourse, drawEndpoints,
  drawAttrition, drawQuality,
];

/** `random`: for the figures that draw a sample of the cells. */
export function drawFigures(data: FigureData, random: Random): Figure[] {
  return figures.map((draw) => {
    const figure = draw(data, random);
    return figure.absent === undefined || figure.values.rows.length > 0 ? figure : {...figure, values: {...figure.values, rows: [{missing: figure.absent}]}};
  });
}

/** Pictures that a reader of such a study may look for and that this run has no numbers of. */
export function notMade(section: 'cells' | 'inflammation', data: FigureData): {readonly name: string; readonly reason: string}[] {
  if (section === 'cells') return [{name: 'read coverage along the transgene', reason: 'reads are counted, not followed along the contig; which stretches of it are unique is in reference_contigs.tsv'}];
  const hasBaff = (data.tables['signature_sets'] ?? []).some((row) => /BAFF|TNFSF13B/i.test(String(row['signature'])));
  return hasBaff ? [] : [{name: 'BAFF-dependent genes in B cells', reason: 'no such set is among the signatures; signatures.files in the run file takes one'}];
}
