// One AIRR Rearrangement file a sample and receptor, from the table of the cohort.
import {mkdirSync} from 'node:fs';
import {join} from 'node:path';
import type {Row} from '../../pipeline/data/table.ts';
import {readTable, writeTable} from '../../pipeline/formats/delimited-text.ts';
import type {Sample} from './donors.ts';
import type {Exported} from './exported.ts';

export interface AirrFile {
  readonly exported: Exported;
  readonly sample: Sample;
  /** IG or TR. */
  readonly locus: 'IG' | 'TR';
  readonly name: string;
}

/** `repertoire_id` names the sample; the columns of our own are left out. */
export function writeAirrFiles(path: string, folder: string, samples: ReadonlyMap<string, Sample>): AirrFile[] {
  const {columns, rows} = readTable(path);
  const kept = columns.filter((column) => !['sample_id', 'barcode', 'v_mutation_count', 'v_mutation_frequency'].includes(column));
  const groups = Map.groupBy(rows, (row) => `${String(row['sample_id'])}\t${String(row['locus']).startsWith('IG') ? 'IG' : 'TR'}`);
  if (groups.size > 0) mkdirSync(folder, {recursive: true});
  return [...groups].flatMap(([key, own]) => {
    const [sampleId, locus] = key.split('\t');
    const sample = samples.get(sampleId);
    if (sample === undefined) return [];
    const name = `${fileName(sampleId)}_${locus}.tsv`;
    writeTable(join(folder, name), {columns: [...kept, 'repertoire_id'], rows: own.map((row): Row => ({...row, repertoire_id: sampleId}))});
    return [{exported: {export: 'airr', file: `exports/airr/${name}`, n_rows: own.length, note: null, missing: null}, sample, locus: locus as 'IG' | 'TR', name}];
  });
}

const fileName = (sampleId: string): string => sampleId.replace(/[^\w.-]/g, '_');
