// Rows of repertoire_alarms: clones that should not be where they are. Swapped tubes, carry-over and index hopping leave exact copies behind.
import type {Receptor} from '../../pipeline/analysis/receptor-chains.ts';
import type {Row} from '../../pipeline/data/table.ts';
import type {StepJob} from '../../pipeline/step-runtime/run-step.ts';
import type {Repertoires} from './repertoires.ts';

interface Place {
  readonly patient_id: string;
  readonly sample_id: string;
  readonly cells: string[];
}

/** Paired clones by both nucleotide junctions, whatever their genes are called: two patients do not make the same pair by chance. */
export function alarmRows(repertoires: Repertoires, clones: readonly Row[], design: StepJob['design']): Row[] {
  const pairOf = new Map(clones.flatMap((clone): [string, string][] => (clone['junction_1'] === null || clone['junction_2'] === null ? [] : [[String(clone['clone_id']), `${clone['junction_1']} ${clone['junction_2']}`]])));
  return repertoires.receptors.flatMap((receptor) => {
    const places = new Map<string, Map<string, Place>>();
    for (const sample of repertoires.samples) {
      for (const cell of repertoires.counted(sample, receptor).cells) {
        const pair = pairOf.get(String(cell['clone_id']));
        if (pair === undefined) continue;
        const own = places.get(pair) ?? new Map<string, Place>();
        const place = own.get(sample.sample_id) ?? {patient_id: sample.patient_id, sample_id: sample.sample_id, cells: []};
        place.cells.push(String(cell['cell_id']).slice(sample.sample_id.length + 1));
        places.set(pair, own.set(sample.sample_id, place));
      }
    }
    return [...places].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([pair, own]): Row[] => {
      const all = [...own.values()];
      const patients = new Set(all.map((place) => place.patient_id));
      const repeated = new Set(all.flatMap((place, k) => place.cells.filter((cell) => all.some((other, j) => j !== k && other.cells.includes(cell)))));
      return [
        ...(patients.size > 1 ? [rowOf({receptor, pair, places: all, kind: 'paired clone in several patients', nCells: all.reduce((n, place) => n + place.cells.length, 0)}, design)] : []),
        ...(repeated.size > 0 ? [rowOf({receptor, pair, places: all.filter((place) => place.cells.some((cell) => repeated.has(cell))), kind: 'one barcode with one paired clone in several samples', nCells: repeated.size}, design)] : []),
      ];
    });
  });
}

function rowOf({receptor, pair, places, kind, nCells}: {receptor: Receptor; pair: string; places: readonly Place[]; kind: string; nCells: number}, design: StepJob['design']): Row {
  const [junction_1, junction_2] = pair.split(' ');
  const samples = places.map((place) => place.sample_id);
  const kinds = receptor === 'TCR' ? ['tcr', 'vdj'] : ['bcr', 'vdj'];
  const libraries = design.rows.filter((row) => samples.includes(row['sample_id']) && kinds.includes(row['library'])).map((row) => row['library_id']);
  return {
    receptor, kind, junction_1, junction_2, patients: [...new Set(places.map((place) => place.patient_id))].join(','), samples: samples.join(','), libraries: libraries.join(','), n_cells: nCells, missing: null,
  };
}
