// Cells of each clone by sample, receptor and cell type: what every table of this step counts.
import type {Receptor} from '../../pipeline/analysis/receptor-chains.ts';
import type {Row} from '../../pipeline/data/table.ts';
import type {StepJob} from '../../pipeline/step-runtime/run-step.ts';

export interface CellGroup {
  readonly cell_type: string;
  readonly level: 'all' | 'lineage' | 'type';
}

export interface SampleInfo {
  readonly sample_id: string;
  readonly patient_id: string;
  readonly keys: Row;
  readonly receptors: ReadonlySet<Receptor>;
  /** Why the sheet promises nothing of this sample; '' where it does. */
  readonly gap: string;
  readonly isProduct: boolean;
}

export interface Repertoires {
  readonly samples: readonly SampleInfo[];
  readonly receptors: readonly Receptor[];
  /** `all` first, then the lineages of the receptor with their types, as found in the cohort. */
  readonly groups: (receptor: Receptor) => readonly CellGroup[];
  /** clone_id -> cells; empty where there are none. */
  readonly sizes: (sample: string, receptor: Receptor, group: CellGroup) => ReadonlyMap<string, number>;
}

/** Receptor cells of another lineage are doublets or mislabelled; they count under `all` only. */
const lineagesOf: Readonly<Record<Receptor, readonly string[]>> = {TCR: ['T cell'], BCR: ['B cell', 'plasma cell']};
const receptorsOf: Readonly<Record<string, readonly Receptor[]>> = {tcr: ['TCR'], bcr: ['BCR'], vdj: ['BCR', 'TCR']};
const pairedStatus = ['single pair', 'extra VJ', 'extra VDJ', 'two full chains'];

export interface RepertoireTables {
  /** Of call-clonotypes. */
  readonly cells: readonly Row[];
  readonly qcCells: readonly Row[];
  readonly labels: readonly Row[];
}

export function countRepertoires(design: StepJob['design'], {cells, qcCells, labels}: RepertoireTables, denominator: string): Repertoires {
  const samples = describeSamples(design);
  const kept = new Set(qcCells.filter((row) => row['kept'] === 'true').map((row) => row['cell_id']));
  const withQc = new Set(qcCells.map((row) => row['sample_id']));
  const labelOf = new Map(labels.map((row) => [row['cell_id'], row]));
  const counted = new Map<string, Map<string, number>>();
  const types = new Map<Receptor, Set<string>>();
  for (const cell of cells) {
    const receptor = cell['receptor'] as Receptor | null;
    if (cell['clone_id'] === null || receptor === null) continue;
    if (denominator !== 'vdj_cells' && withQc.has(cell['sample_id']) && !kept.has(cell['cell_id'])) continue;
    if (denominator === 'paired' && !pairedStatus.includes(String(cell['chain_status']))) continue;
    const label = labelOf.get(cell['cell_id']);
    const lineage = String(label?.['lineage'] ?? '');
    const groups: CellGroup[] = [{cell_type: 'all', level: 'all'}];
    if (lineagesOf[receptor].includes(lineage)) {
      groups.push({cell_type: lineage, level: 'lineage'});
      const type = String(label?.['cell_type'] ?? '');
      if (type !== '' && type !== lineage) {
        groups.push({cell_type: type, level: 'type'});
        if (!types.has(receptor)) types.set(receptor, new Set());
        types.get(receptor)?.add(type);
      }
    }
    for (const group of groups) {
      const key = keyOf(String(cell['sample_id']), receptor, group);
      const sizes = counted.get(key) ?? new Map<string, number>();
      counted.set(key, sizes.set(String(cell['clone_id']), (sizes.get(String(cell['clone_id'])) ?? 0) + 1));
    }
  }
  const receptors = (['BCR', 'TCR'] as const).filter((receptor) => samples.some((sample) => sample.receptors.has(receptor)));
  return {
    samples,
    receptors,
    groups: (receptor) => [
      {cell_type: 'all', level: 'all'},
      ...(labels.length === 0 ? [] : lineagesOf[receptor].map((cell_type): CellGroup => ({cell_type, level: 'lineage'}))),
      ...[...(types.get(receptor) ?? [])].sort().map((cell_type): CellGroup => ({cell_type, level: 'type'})),
    ],
    sizes: (sample, receptor, group) => counted.get(keyOf(sample, receptor, group)) ?? new Map(),
  };
}

const keyOf = (sample: string, receptor: Receptor, group: CellGroup): string => `${sample}\t${receptor}\t${group.level}\t${group.cell_type}`;

function describeSamples(design: StepJob['design']): SampleInfo[] {
  return [...Map.groupBy(design.rows, (row) => row['sample_id'])].map(([sample_id, rows]) => {
    const {patient_id, timepoint, day} = rows[0];
    const present = rows.filter((row) => row['excluded'] === '' || row['excluded'] === undefined).filter((row) => row['library'] !== '');
    const excluded = rows.find((row) => row['excluded'])?.['excluded'];
    return {
      sample_id, patient_id, keys: {sample_id, patient_id, timepoint, day: day || null},
      receptors: new Set(present.flatMap((row) => receptorsOf[row['library']] ?? [])),
      gap: present.length > 0 ? '' : excluded ? `excluded: ${excluded}` : 'no sequencing at this visit',
      isProduct: rows[0]['tissue'] === 'infusion product',
    };
  });
}

/** Why a sample has no repertoire of a receptor; '' where it has a library. */
export function noLibrary(sample: SampleInfo, receptor: Receptor): string {
  if (sample.gap !== '') return sample.gap;
  return sample.receptors.has(receptor) ? '' : `no ${receptor} library`;
}
