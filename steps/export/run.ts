import {mkdirSync} from 'node:fs';
import {join} from 'node:path';
import {writeTable} from '../../pipeline/formats/delimited-text.ts';
import {readCellTypes} from '../../pipeline/formats/cell-types.ts';
import {readH5ad, writeH5ad} from '../../pipeline/formats/h5ad.ts';
import {readSheetLines} from '../../pipeline/formats/sheet-rows.ts';
import {refuse, runStep, type StepJob} from '../../pipeline/step-runtime/run-step.ts';
import {writeAirrFiles} from './airr-files.ts';
import {forCellxgene, NotExportable} from './cellxgene.ts';
import type {Exported} from './exported.ts';
import {airrflowSheet, scrnaseqSheet} from './nf-core-sheets.ts';
import {donorsOf} from './donors.ts';

await runStep(async (job) => {
  const folder = job.output('exports');
  mkdirSync(folder, {recursive: true});
  const wanted = job.config['exports'] as readonly string[];
  const patientsPath = job.optionalInput('patients');
  const donors = donorsOf(job.design.rows, patientsPath === undefined ? [] : readSheetLines(patientsPath).map(({row}) => row));
  const exported: Exported[] = [];
  const airrPath = job.optionalInput('airr_rearrangements');
  const needsAirr = wanted.includes('airr') || wanted.includes('nf-core');
  const airr = airrPath === undefined || !needsAirr ? [] : writeAirrFiles(airrPath, join(folder, 'airr'), donors);
  if (wanted.includes('airr')) exported.push(...(airr.length > 0 ? airr.map(({exported: one}) => one) : [absent('airr', 'no receptor library in the samples sheet')]));
  if (wanted.includes('cellxgene')) exported.push(await exportCellxgene(job, folder, donors));
  if (wanted.includes('nf-core')) {
    mkdirSync(join(folder, 'nf-core'), {recursive: true});
    exported.push(scrnaseqSheet(readSheetLines(job.input('samples')).map(({row}) => row), join(folder, 'nf-core')), airrflowSheet(airr, {folder: join(folder, 'nf-core'), provider: job.param('provider')}));
  }
  writeTable(job.output('exports_table'), {columns: ['export', 'file', 'n_rows', 'note', 'missing'], rows: exported.map((one) => ({...one}))});
});

async function exportCellxgene(job: StepJob, folder: string, donors: ReturnType<typeof donorsOf>): Promise<Exported> {
  const path = job.optionalInput('cohort');
  if (path === undefined) return absent('cellxgene', 'no gene expression in this run');
  const [title, disease, assay] = ['title', 'disease', 'assay'].map((name) => job.param<string | null>(name));
  try {
    const {data, note} = forCellxgene(await readH5ad(path), {
      donors, title: title ?? String(job.config['name']), disease, assay, tissue: job.param('tissue'), ethnicity: job.param('ethnicity'), isPrimary: job.param('primary_data'), retired: job.param('retired_genes'),
      cellTypes: readCellTypes(job.input('cell_types')).types, chemistries: new Map(job.design.rows.filter((row) => row['library'] === 'gex').map((row) => [row['sample_id'], row['chemistry'] ?? ''])),
    });
    mkdirSync(join(folder, 'cellxgene'), {recursive: true});
    await writeH5ad(join(folder, 'cellxgene/cohort.h5ad'), data);
    return {export: 'cellxgene', file: 'exports/cellxgene/cohort.h5ad', n_rows: data.obs.index.length, note, missing: null};
  } catch (error) {
    if (error instanceof NotExportable) refuse({input: 'the export for CELLxGENE', ...error.detail});
    throw error;
  }
}

function absent(name: string, missing: string): Exported {
  return {export: name, file: null, n_rows: null, note: null, missing};
}
