import {readFileSync} from 'node:fs';
import {pairSamples, samplesOfAllSides} from '../../pipeline/analysis/contrast-pairs.ts';
import type {SignatureUniverse} from '../../pipeline/analysis/score-signatures.ts';
import {comparisonRows, type Comparison} from '../../pipeline/analysis/timepoint-comparison.ts';
import {verdictColumns, verdictRows} from '../../pipeline/analysis/verdict.ts';
import type {Row} from '../../pipeline/data/table.ts';
import {readTable, writeTable} from '../../pipeline/formats/delimited-text.ts';
import {runStep} from '../../pipeline/step-runtime/run-step.ts';
import {clonalComparisons} from './clones.ts';
import {readCohort} from './cohort-counts.ts';
import {compositionComparisons} from './composition.ts';
import {compareSignatures} from './signatures.ts';

const summaryColumns = ['sample_id', 'patient_id', 'timepoint', 'day', 'cell_type', 'level', 'signature', 'method', 'variant', 'n_cells', 'mean', 'median', 'sd', 'missing'];
const comparisonColumns = [
  'contrast', 'family', 'outcome', 'cell_type', 'level', 'method', 'variant', 'n_pairs', 'patients_dropped', 'mean_difference', 'ci_lower', 'ci_upper', 'hodges_lehmann', 'hl_lower', 'hl_upper',
  'n_up', 'n_down', 'p_t', 'p_wilcoxon', 'p_sign_flip', 'p_floor', 'q_t', 'q_wilcoxon', 'dz', 'hedges_gz', 'gz_lower', 'gz_upper', 'note', 'missing',
];
const familyOrder = ['primary-signatures', 'exploratory-signatures', 'clonal', 'composition'];

await runStep(async (job) => {
  const read = (input: string): Row[] => job.inputFiles(input).flatMap(({path}) => [...readTable(path).rows]);
  const summary = numeric(read('summary'), ['n_cells', 'mean', 'median', 'sd']);
  const universePath = job.optionalInput('universe');
  const universe = universePath === undefined ? undefined : (JSON.parse(readFileSync(universePath, 'utf8')) as SignatureUniverse);
  const paths = (input: string): string[] => job.inputFiles(input).map(({path}) => path);
  const contrasts = job.design.contrasts ?? [];
  const samples = universe === undefined || contrasts.length === 0 ? new Map() : await readCohort({kept: paths('kept'), labels: paths('labels'), car: paths('car')}, universe);
  const [diversity, composition] = [read('diversity'), read('composition')];
  const setting = {minCells: job.param<number>('min_cells'), minPairs: job.param<number>('min_pairs')};
  const [depth, thinned, comparisons]: [Row[], Row[], Comparison[]] = [[], [], []];
  for (const definition of contrasts) {
    const pairs = pairSamples(job.design.rows, definition);
    const contrast = definition.name;
    const visits = {samples: samplesOfAllSides(job.design.rows, definition), before: definition.before, after: definition.after};
    if (universe !== undefined && summary.length > 0) {
      const answer = compareSignatures({contrast, pairs, visits, samples, universe, summary, ...setting, maxDepthRatio: job.param('max_depth_ratio'), thinningDraws: job.param('thinning_draws'), seed: job.seed});
      depth.push(...answer.depth);
      thinned.push(...answer.thinned);
      comparisons.push(...answer.comparisons);
    }
    comparisons.push(...clonalComparisons({contrast, pairs, visits, rows: diversity, minPairs: setting.minPairs}), ...compositionComparisons({contrast, pairs, visits, rows: composition, ...setting}));
  }
  writeTable(job.output('signature_summary'), {columns: summaryColumns, rows: [...summary, ...thinned]});
  writeTable(job.output('depth_check'), {columns: ['contrast', 'cell_type', 'level', 'median_counts_before', 'median_counts_after', 'ratio', 'flag', 'missing'], rows: depth});
  const order = (row: Row): number => contrasts.findIndex((one) => one.name === row['contrast']) * familyOrder.length + familyOrder.indexOf(String(row['family']));
  const rows = comparisonRows(comparisons).sort((a, b) => order(a) - order(b));
  writeTable(job.output('timepoint_comparisons'), {columns: comparisonColumns, rows});
  writeTable(job.output('verdicts'), {columns: [...verdictColumns], rows: verdictRows(rows, new Map(contrasts.map(({name, after}) => [name, after])))});
  const scores = read('cell_scores');
  if (scores.length > 0) writeTable(job.output('signature_scores'), {columns: ['cell_id', 'signature', 'method', 'score', 'missing'], rows: scores});
});

/** Tables are read as text; what is written again as it was must keep its digits, what is counted with must be a number. */
function numeric(rows: readonly Row[], columns: readonly string[]): Row[] {
  return rows.map((row) => ({...row, ...Object.fromEntries(columns.map((name) => [name, row[name] === null ? null : Number(row[name])]))}));
}
