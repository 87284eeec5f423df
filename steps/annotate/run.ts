// Kept cells, their clusters and neighbours -> lineage, type and subtype of each; labels of the user win.
import {readCellTypes} from '../../pipeline/formats/cell-types.ts';
import {writeTable} from '../../pipeline/formats/delimited-text.ts';
import {runStep} from '../../pipeline/step-runtime/run-step.ts';
import {readCohort} from './cohort.ts';
import {labelByMarkers} from './label-by-markers.ts';
import {labelByReference} from './label-by-reference.ts';
import {evidenceTable, labelTable} from './label-tables.ts';
import {readUserLabels} from './user-labels.ts';

await runStep(async (job) => {
  const cellTypes = readCellTypes(job.input('cell_types'));
  const cohort = await readCohort(job);
  const map = (job.config['cell_type_map'] ?? {}) as Record<string, string>;
  const labelling = job.param('method') === 'singler' ? await labelByReference(job, cohort, {cellTypes, map}) : await labelByMarkers(job, cohort, cellTypes);
  const labels = job.optionalInput('labels');
  const own = labels === undefined ? new Map() : readUserLabels(labels, {
    keptObs: cohort.keptObs, cellTypes, map,
    column: (job.config['labels'] as {column?: string} | null)?.column ?? 'cell_type',
  });
  writeTable(job.output('labels'), labelTable(cohort, labelling, own));
  writeTable(job.output('evidence'), evidenceTable(cohort, labelling, own));
});
