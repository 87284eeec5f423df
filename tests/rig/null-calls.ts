// One cohort without effects through the pipeline: which primary signatures the primary contrast calls.
import {rmSync} from 'node:fs';
import {join} from 'node:path';
import {readTable} from '../../pipeline/formats/delimited-text.ts';
import {runCli} from './cli.ts';

export function nullCalls(folder: string, seed: number): string[] {
  const cohort = join(folder, `seed-${seed}`);
  for (const argv of [['simulate', cohort, '--effects', 'none', '--seed', String(seed), '--cells', '150', '--timepoints', 'baseline,month3'], ['run', join(cohort, 'run.yaml'), '--until', 'compare-timepoints', '--quiet']]) {
    const done = runCli(argv, {LYMPHLINE_CACHE: join(folder, 'cache')});
    if (done.status !== 0) throw new Error(`lymphline ${argv.join(' ')} ended with ${String(done.status)}: ${done.stderr.slice(-2000)}`);
  }
  const rows = readTable(join(cohort, 'runs/simulated/results/tables/timepoint_comparisons.tsv')).rows;
  const called = rows.filter((row) => row['family'] === 'primary-signatures' && row['variant'] === 'main' && row['q_t'] !== null && Number(row['q_t']) < 0.05);
  rmSync(cohort, {recursive: true, force: true});
  return called.map((row) => `seed ${seed}: ${String(row['outcome'])} ${String(row['cell_type'])} q ${String(row['q_t'])}`);
}
