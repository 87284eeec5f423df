import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {readTable} from '../../../pipeline/formats/delimited-text.ts';
import {runStepFolder, type StepRequest} from '../../rig/run-step.ts';
import {dataFile, sharedData} from '../../rig/shared-data.ts';
import {cellTypes, runCellChain, type CellChain} from './collect-cells-chain.ts';

const published: Readonly<Record<string, string>> = {T: 'T cell', NK: 'NK cell', B: 'B cell', Mono: 'monocyte', DC: 'dendritic cell', Mega: 'megakaryocyte'};
const publishedTypes: Readonly<Record<string, string>> = {
  'CD4 T cells': 'CD4 T cell', 'CD8 T cells': 'CD8 T cell', 'NK cells': 'NK cell', 'B cells': 'B cell', 'CD14+ Monocytes': 'CD14 monocyte',
  'FCGR3A+ Monocytes': 'FCGR3A monocyte', 'Dendritic cells': 'conventional dendritic cell', Megakaryocytes: 'megakaryocyte',
};
const patients = ['101', '107', '1015', '1016', '1039', '1244', '1256', '1488'];
let folder: string;
let chain: CellChain;

describe.skipIf(!sharedData)('on Kang 2018 (8 lupus patients, control and interferon-beta)', () => {
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'lymphline-annotate-'));
    const samples = patients.flatMap((patient) => ['ctrl', 'stim'].map((timepoint) => ({
      row: {sample_id: `${timepoint}${patient}`, patient_id: patient, timepoint, day: '', library: 'gex'},
      path: dataFile(`kang/10x_h5/${timepoint}${patient}.h5`),
    })));
    // The subset was filtered by its authors: nothing is to be removed, so that every published label is compared.
    chain = runCellChain(folder, samples, {qc: {min_genes: 0, mad: null}});
  });
  afterAll(() => {
    rmSync(folder, {recursive: true});
  });

  test('lineages agree with the published labels for at least 0.9 of the cells, types for 0.85', () => {
    const truth = new Map(readTable(dataFile('kang/kang2k.obs.csv')).rows.map((row) => [`${row.sample}_${row.barcode}`, row]));
    const labels = readTable(chain.outputs('annotate', 'labels')[0].path).rows;
    expect(labels.length).toBe(1971);
    const share = (agrees: (cell: (typeof labels)[number], known: (typeof labels)[number]) => boolean): number =>
      labels.filter((cell) => agrees(cell, truth.get(String(cell.cell_id)) ?? {})).length / labels.length;
    const lineage = share((cell, known) => cell.lineage === published[String(known.cell_type_major)]);
    const type = share((cell, known) => cell.cell_type === publishedTypes[String(known.cell_type)]);
    console.log(`Kang 2018, 1,971 cells: lineage ${lineage.toFixed(3)}, type ${type.toFixed(3)}`);
    expect(lineage).toBeGreaterThanOrEqual(0.9);
    expect(type).toBeGreaterThanOrEqual(0.85);
  });
});

test('where the matrix has none of the marker genes, unassigned has a reason; a label of the user needs none', () => {
  const place = mkdtempSync(join(tmpdir(), 'lymphline-annotate-'));
  const example = join(import.meta.dirname, '../../../steps/annotate/example');
  const kept = ['before', 'after'].map((sample) => ({unit: sample, path: join(example, `${sample}.h5ad`)}));
  const inputs = {kept, embedding: join(example, 'embedding.h5ad'), cell_types: cellTypes};
  try {
    const labelsOf = (more: StepRequest) => readTable(runStepFolder('annotate', place, {...more, inputs: {...inputs, ...more.inputs}, params: {min_markers: 1000}}).outputs['labels']).rows;
    const rows = labelsOf({});
    expect(new Set(rows.map((row) => `${row['lineage']}: ${row['missing']}`))).toEqual(new Set(['unassigned: lineage, cell_type: no lineage has 1000 of its marker genes in the matrix']));
    const [sample, barcode] = [String(rows[0]['sample_id']), String(rows[0]['cell_id']).slice(String(rows[0]['sample_id']).length + 1)];
    writeFileSync(join(place, 'labels.tsv'), `sample_id\tbarcode\tcell_type\n${sample}\t${barcode}\tB cell\n`);
    const [own, next] = labelsOf({inputs: {labels: join(place, 'labels.tsv')}});
    expect([own['lineage'], own['missing'], next['lineage']]).toEqual(['B cell', null, 'unassigned']);
  } finally {
    rmSync(place, {recursive: true});
  }
});
