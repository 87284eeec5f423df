// Cells of each clone by sample, receptor and cell type: what every table of this step counts.
import type {Receptor} from '../../pipeline/analysis/receptor-chains.ts';
import type {Row} from '../../pipeline/data/table.ts';
import type {StepJob} from '../../pipeline/step-runtime/run-step.ts';
import type {CarCalls} from './car-calls.ts';
import {countCells, type CountedCells, type Denominator} from './counted-cells.ts';
import {describeSamples, type SampleInfo} from './samples.ts';

export interface CellGroup {
  readonly cell_type: string;
  readonly level: 'all' | 'lineage' | 'type';
}

export const allCells: CellGroup = {cell_type: 'all', level: 'all'};

export interface Repertoires {
  /** In the order of the sheet, declared gaps included. */
  readonly samples: readonly SampleInfo[];
  /** Those with a library anywhere in the cohort. */
  readonly receptors: readonly Receptor[];
  /** `all`, the lineages of the receptor where cells are labelled, and their types as found in this patient. */
  readonly groups: (sample: SampleInfo, receptor: Receptor) => readonly CellGroup[];
  /** clone_id -> cells; empty where there are none. */
  readonly sizes: (sample: SampleInfo, receptor: Receptor, group: CellGroup) => ReadonlyMap<string, number>;
  readonly counted: (sample: SampleInfo, receptor: Receptor) => CountedCells;
  /** Why a group has no count; '' where it has one. */
  readonly missing: (sample: SampleInfo, receptor: Receptor, group: CellGroup) => string;
}

/** Receptor cells of another lineage are doublets or mislabelled; they count under `all` only. */
const lineagesOf: Readonly<Record<Receptor, readonly string[]>> = {TCR: ['T cell'], BCR: ['B cell', 'plasma cell']};

export interface RepertoireTables {
  /** Of call-clonotypes. */
  readonly cells: readonly Row[];
  readonly qcCells: readonly Row[];
  readonly labels: readonly Row[];
  readonly carCalls: CarCalls;
}

export function countRepertoires(design: StepJob['design'], tables: RepertoireTables, denominator: Denominator): Repertoires {
  const samples = describeSamples(design);
  const receptors = (['BCR', 'TCR'] as const).filter((receptor) => samples.some((sample) => sample.noLibrary(receptor) === ''));
  const cellsOf = Map.groupBy(tables.cells, (cell) => keyOf(String(cell['sample_id']), cell['receptor'] as Receptor));
  const qcCells = new Map(tables.qcCells.map((cell) => [String(cell['cell_id']), cell]));
  const anyBarcode = new Map(tables.qcCells.map((cell) => [String(cell['sample_id']), String(cell['cell_id'])]));
  const labels = new Map(tables.labels.map((label) => [String(label['cell_id']), label]));
  const labelled = new Set(tables.labels.map((label) => String(label['sample_id'])));
  const typesOf = findTypes(samples, tables.labels);
  const counted = new Map(samples.flatMap((sample) => receptors.map((receptor) => [
    keyOf(sample.sample_id, receptor),
    countCells({sample, receptor, cells: cellsOf.get(keyOf(sample.sample_id, receptor)) ?? [], qcCells, anyBarcode: anyBarcode.get(sample.sample_id), carCalls: tables.carCalls, denominator}),
  ] as const)));
  const sizes = new Map([...counted].map(([key, {cells}]) => [key, countClones(cells, labels)]));
  return {
    samples,
    receptors,
    groups: (sample, receptor) => [
      allCells,
      ...(labels.size === 0 ? [] : lineagesOf[receptor].map((cell_type): CellGroup => ({cell_type, level: 'lineage'}))),
      ...[...(typesOf.get(keyOf(sample.patient_id, receptor)) ?? [])].sort().map((cell_type): CellGroup => ({cell_type, level: 'type'})),
    ],
    sizes: (sample, receptor, group) => sizes.get(keyOf(sample.sample_id, receptor))?.get(nameOf(group)) ?? new Map(),
    counted: (sample, receptor) => counted.get(keyOf(sample.sample_id, receptor))!,
    missing: (sample, receptor, group) => {
      const {missing} = counted.get(keyOf(sample.sample_id, receptor))!;
      return missing === '' && group.level !== 'all' && !labelled.has(sample.sample_id) ? 'no cell types: no cell of this sample is labelled' : missing;
    },
  };
}

const keyOf = (id: string, receptor: Receptor): string => `${id}\t${receptor}`;
const nameOf = (group: CellGroup): string => `${group.level}\t${group.cell_type}`;

/** Group -> clone_id -> cells. */
function countClones(cells: readonly Row[], labels: ReadonlyMap<string, Row>): Map<string, Map<string, number>> {
  const counts = new Map<string, Map<string, number>>();
  for (const cell of cells) {
    const groups = [allCells, ...groupsOf(cell['receptor'] as Receptor, labels.get(String(cell['cell_id'])))];
    const clone = String(cell['clone_id']);
    for (const group of groups) {
      const sizes = counts.get(nameOf(group)) ?? new Map<string, number>();
      counts.set(nameOf(group), sizes.set(clone, (sizes.get(clone) ?? 0) + 1));
    }
  }
  return counts;
}

function groupsOf(receptor: Receptor, label: Row | undefined): CellGroup[] {
  const [lineage, type] = [String(label?.['lineage'] ?? ''), String(label?.['cell_type'] ?? '')];
  if (!lineagesOf[receptor].includes(lineage)) return [];
  return [{cell_type: lineage, level: 'lineage'}, ...(type !== '' && type !== lineage ? [{cell_type: type, level: 'type'} as const] : [])];
}

/** By patient, so that another patient adds no rows to this one. */
function findTypes(samples: readonly SampleInfo[], labels: readonly Row[]): Map<string, Set<string>> {
  const patientOf = new Map(samples.map((sample) => [sample.sample_id, sample.patient_id]));
  const found = new Map<string, Set<string>>();
  for (const label of labels) {
    for (const receptor of ['BCR', 'TCR'] as const) {
      const type = groupsOf(receptor, label).find((group) => group.level === 'type');
      if (type === undefined) continue;
      const key = keyOf(patientOf.get(String(label['sample_id'])) ?? '', receptor);
      found.set(key, (found.get(key) ?? new Set<string>()).add(type.cell_type));
    }
  }
  return found;
}
