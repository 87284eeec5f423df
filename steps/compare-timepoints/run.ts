import {readFileSync} from 'node:fs';
import {pairSamples, type ContrastPairs} from '../../pipeline/analysis/contrast-pairs.ts';
import type {SignatureUniverse} from '../../pipeline/analysis/score-signatures.ts';
import {comparisonRows, type Comparison, type SampleValue} from '../../pipeline/analysis/timepoint-comparison.ts';
import type {Row} from '../../pipeline/data/table.ts';
import {readTable, writeTable} from '../../pipeline/formats/delimited-text.ts';
import {runStep} from '../../pipeline/step-runtime/run-step.ts';
import {readCohort} from './cohort-counts.ts';
import {compareSignatures} from './signatures.ts';

const summaryColumns = ['sample_id', 'patient_id', 'timepoint', 'day', 'cell_type', 'level', 'signature', 'method', 'variant', 'n_cells', 'mean', 'median', 'sd', 'missing'];
const comparisonColumns = [
  'contrast', 'family', 'outcome', 'cell_type', 'level', 'method', 'variant', 'n_pairs', 'patients_dropped', 'mean_difference', 'ci_lower', 'ci_upper', 'hodges_lehmann', 'hl_lower', 'hl_upper',
  'n_up', 'n_down', 'p_t', 'p_wilcoxon', 'p_sign_flip', 'p_floor', 'q_t', 'q_wilcoxon', 'dz', 'hedges_gz', 'gz_lower', 'gz_upper', 'note', 'missing',
];
const clonalMeasures = [['top_clone', null], ['expanded_fraction', null], ['clonality', null], ['hill', '1']] as const;
const familyOrder = ['primary-signatures', 'exploratory-signatures', 'clonal', 'composition'];

await runStep(async (job) => {
  const read = (input: string): Row[] => job.inputFiles(input).flatMap(({path}) => [...readTable(path).rows]);
  const summary = numeric(read('summary'), ['n_cells', 'mean', 'median', 'sd']);
  const universePath = job.optionalInput('universe');
  const universe = universePath === undefined ? undefined : (JSON.parse(readFileSync(universePath, 'utf8')) as SignatureUniverse);
  const paths = (input: string): string[] => job.inputFiles(input).map(({path}) => path);
  const contrasts = job.design.contrasts ?? [];
  const samples = universe === undefined || contrasts.length === 0 ? new Map() : await readCohort(paths('kept'), paths('labels'), universe);
  const [diversity, composition] = [read('diversity'), read('composition')];
  const setting = {minCells: job.param<number>('min_cells'), minPairs: job.param<number>('min_pairs')};
  const [depth, thinned, comparisons]: [Row[], Row[], Comparison[]] = [[], [], []];
  for (const definition of contrasts) {
    const pairs = pairSamples(job.design.rows, definition);
    const contrast = definition.name;
    if (universe !== undefined && summary.length > 0) {
      const answer = compareSignatures({contrast, pairs, samples, universe, summary, ...setting, maxDepthRatio: job.param('max_depth_ratio'), seed: job.seed});
      depth.push(...answer.depth);
      thinned.push(...answer.thinned);
      comparisons.push(...answer.comparisons);
    }
    comparisons.push(...clonalComparisons({contrast, pairs, rows: diversity, minPairs: setting.minPairs}), ...compositionComparisons({contrast, pairs, rows: composition, ...setting}));
  }
  writeTable(job.output('signature_summary'), {columns: summaryColumns, rows: [...summary, ...thinned]});
  writeTable(job.output('depth_check'), {columns: ['contrast', 'cell_type', 'level', 'median_counts_before', 'median_counts_after', 'ratio', 'flag', 'missing'], rows: depth});
  const order = (row: Row): number => contrasts.findIndex((one) => one.name === row['contrast']) * familyOrder.length + familyOrder.indexOf(String(row['family']));
  writeTable(job.output('timepoint_comparisons'), {columns: comparisonColumns, rows: comparisonRows(comparisons).sort((a, b) => order(a) - order(b))});
  const scores = read('cell_scores');
  if (scores.length > 0) writeTable(job.output('signature_scores'), {columns: ['cell_id', 'signature', 'method', 'score', 'missing'], rows: scores});
});

/** Tables are read as text; what is written again as it was must keep its digits, what is counted with must be a number. */
function numeric(rows: readonly Row[], columns: readonly string[]): Row[] {
  return rows.map((row) => ({...row, ...Object.fromEntries(columns.map((name) => [name, row[name] === null ? null : Number(row[name])]))}));
}

interface TableQuestion {
  readonly contrast: string;
  readonly pairs: ContrastPairs;
  readonly rows: readonly Row[];
  readonly minPairs: number;
}

/** {BCR, TCR} x {top_clone, expanded_fraction, clonality, hill_q1} at matched depth, and the same as observed beside it. */
function clonalComparisons({contrast, pairs, rows, minPairs}: TableQuestion): Comparison[] {
  const receptors = ['BCR', 'TCR'].filter((receptor) => rows.some((row) => row['receptor'] === receptor));
  return receptors.flatMap((receptor) => clonalMeasures.flatMap(([measure, q]) => (['depth-matched', 'observed'] as const).map((method): Comparison => {
    const own = new Map(rows.filter((row) => row['receptor'] === receptor && row['cell_type'] === 'all' && row['measure'] === measure && row['q'] === q && row['method'] === method).map((row) => [String(row['sample_id']), row]));
    const isMain = method === 'depth-matched';
    return {
      keys: {contrast, family: 'clonal', outcome: `${receptor} ${measure === 'hill' ? 'hill_q1' : measure}`, cell_type: 'all', level: 'all', method, variant: isMain ? 'main' : 'observed'},
      isInFamily: isMain, pairs, minPairs, valueOf: (sample) => valueOf(own.get(sample), 'value'),
    };
  })));
}

/**
 * logit of (n + 0.5) / (total + 0.5 K) over K lineages, as speckle's propeller transforms shares (Phipson et al. 2022): shares near 0 would
 * otherwise weigh by their rounding.
 */
function compositionComparisons({contrast, pairs, rows, minPairs, minCells}: TableQuestion & {readonly minCells: number}): Comparison[] {
  const lineages = rows.filter((row) => row['level'] === 'lineage');
  const names = [...new Set(lineages.map((row) => String(row['cell_type'])))];
  const bySample = new Map(lineages.map((row) => [`${String(row['sample_id'])}\t${String(row['cell_type'])}`, row]));
  const logit = (row: Row | undefined): SampleValue => {
    const counted = valueOf(row, 'n_cells');
    if ('missing' in counted) return counted;
    const total = Number(row?.['n_total']);
    if (total < minCells) return {missing: `${total} cells, ${minCells} needed`};
    const share = (counted.value + 0.5) / (total + 0.5 * names.length);
    return {value: Math.log(share / (1 - share))};
  };
  return names.map((name): Comparison => ({
    keys: {contrast, family: 'composition', outcome: 'fraction', cell_type: name, level: 'lineage', method: 'logit', variant: 'main'},
    isInFamily: name !== 'unassigned', pairs, minPairs, valueOf: (sample) => logit(bySample.get(`${sample}\t${name}`)),
  }));
}

function valueOf(row: Row | undefined, column: string): SampleValue {
  if (row === undefined) return {missing: 'no such sample in the table'};
  return row[column] === null || row[column] === undefined ? {missing: String(row['missing'] ?? 'no value')} : {value: Number(row[column])};
}
