// Sheets for nf-core pipelines: scrnaseq from reads, airrflow from the exported AIRR files. Reads are named without their folder: no path of a machine
// belongs into results.
import {basename, join} from 'node:path';
import type {Row} from '../../pipeline/data/table.ts';
import {writeTable} from '../../pipeline/formats/delimited-text.ts';
import {writeFileSync} from 'node:fs';
import type {AirrFile} from './airr-files.ts';
import type {Exported} from './exported.ts';

const featureTypes: Readonly<Record<string, string>> = {gex: 'gex', tcr: 'vdj_t', bcr: 'vdj_b', vdj: 'vdj', adt: 'ab'};

/** `sheet`: the rows as the user wrote them. */
export function scrnaseqSheet(sheet: readonly Row[], folder: string): Exported {
  const rows = sheet.flatMap((row): string[][] => {
    const [first, second] = ['fastq_1', 'fastq_2'].map((column) => String(row[column] ?? '').split(';').map((file) => file.trim()).filter((file) => file !== ''));
    return row['excluded'] === null || row['excluded'] === undefined ? first.map((file, lane) => [named(row['sample_id']), basename(file), basename(second[lane] ?? ''), featureTypes[String(row['library'])] ?? '']) : [];
  });
  if (rows.length === 0) return {export: 'nf-core', file: null, n_rows: null, note: null, missing: 'scrnaseq: no reads (fastq_1) in the samples sheet'};
  writeFileSync(join(folder, 'scrnaseq.csv'), `${[['sample', 'fastq_1', 'fastq_2', 'feature_type'], ...rows].map((cells) => cells.join(',')).join('\n')}\n`);
  return {export: 'nf-core', file: 'exports/nf-core/scrnaseq.csv', n_rows: rows.length, note: 'reads are named without their folder', missing: null};
}

export function airrflowSheet(files: readonly AirrFile[], {folder, provider}: {readonly folder: string; readonly provider: string}): Exported {
  if (files.length === 0) return {export: 'nf-core', file: null, n_rows: null, note: null, missing: 'airrflow: no receptor library in the samples sheet'};
  const rows = files.map(({sample, locus, name}): Row => ({
    filename: `../airr/${name}`, sample_id: `${named(sample.sample_id)}_${locus}`, subject_id: named(sample.donor.patient_id), species: 'human', pcr_target_locus: locus, tissue: named(sample.tissue),
    sex: sample.donor.sex ?? 'NA', age: sample.donor.ageYears ?? 'NA', biomaterial_provider: provider, single_cell: 'TRUE',
  }));
  writeTable(join(folder, 'airrflow.tsv'), {columns: ['filename', 'sample_id', 'subject_id', 'species', 'pcr_target_locus', 'tissue', 'sex', 'age', 'biomaterial_provider', 'single_cell'], rows});
  return {export: 'nf-core', file: 'exports/nf-core/airrflow.tsv', n_rows: rows.length, note: 'for --mode assembled', missing: null};
}

/** nf-core takes no spaces, and commas would end a cell. */
const named = (value: unknown): string => String(value).replace(/[\s,]+/g, '_');
