// Gene set tests over genes (camera, fry) beside the tests of the signature scores: two ways to the same question, row by row, and where they part.
import type {Row} from '../data/table.ts';
import {mainContrast, numberOf, type FigureData} from './figure.ts';
import {shortSignature} from './verdicts.ts';

const alpha = 0.05;

/** One row a lineage and signature of the main contrast. */
export function setsBesideScores(data: FigureData): Row[] {
  const contrast = mainContrast(data)?.name;
  const ofContrast = (table: string): Row[] => (data.tables[table] ?? []).filter((row) => row['contrast'] === contrast && row['level'] === 'lineage' && row['cell_type'] !== 'unassigned');
  const key = (cellType: unknown, signature: unknown): string => `${String(cellType)}\t${String(signature)}`;
  const scores = new Map(ofContrast('timepoint_comparisons').filter((row) => row['variant'] === 'main' && String(row['family']).endsWith('-signatures')).map((row) => [key(row['cell_type'], row['outcome']), row]));
  const tests = Map.groupBy(ofContrast('gene_set_tests'), (row) => key(row['cell_type'], row['signature']));
  return [...tests].map(([name, own]): Row => {
    const [camera, fry] = ['camera', 'fry'].map((method) => own.find((row) => row['method'] === method));
    const score = scores.get(name);
    const calls = [called(numberOf(score, 'mean_difference'), numberOf(score, 'q_t')), ...[camera, fry].map((row) => called(row?.['direction'] === 'down' ? -1 : 1, numberOf(row, 'q_value')))];
    return {
      cell_type: own[0]['cell_type'], signature: own[0]['signature'], score_change: score?.['mean_difference'] ?? null, score_q: score?.['q_t'] ?? null,
      n_genes: own[0]['n_genes'], camera_direction: camera?.['direction'] ?? null, camera_q: camera?.['q_value'] ?? null, fry_direction: fry?.['direction'] ?? null, fry_q: fry?.['q_value'] ?? null,
      agree: calls.includes(null) ? null : new Set(calls).size === 1 ? 'yes' : 'no',
      missing: [...new Set([score?.['missing'], camera?.['missing'], fry?.['missing']].filter((reason) => reason !== null && reason !== undefined))].join('; ') || null,
    };
  });
}

/** higher, lower or no change seen; null where it was not tested. */
function called(change: number | null, q: number | null): string | null {
  if (change === null || q === null) return null;
  return q >= alpha ? 'no change seen' : change < 0 ? 'lower' : 'higher';
}

export function agreementSentence(rows: readonly Row[]): string {
  const compared = rows.filter((row) => row['agree'] !== null);
  if (compared.length === 0) return 'No gene set was tested both by its score and by its genes.';
  const parted = compared.filter((row) => row['agree'] === 'no').map((row) => `${String(row['cell_type'])}: ${shortSignature(String(row['signature']))}`);
  return `Score, camera and fry give the same answer (q < ${alpha}, direction) in ${compared.length - parted.length} of ${compared.length} tests of a set in a lineage${parted.length === 0 ? '.' : `; they part in ${parted.join('; ')}.`}`;
}
