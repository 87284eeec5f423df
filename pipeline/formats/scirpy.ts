// Receptors in an h5ad or h5mu of scirpy: an awkward array of chains (0.13 and later), obs columns IR_VJ_1_* (0.7 to 0.12), or TRA_1_* (before).
import {FormatProblem} from '../base/format-problem.ts';
import {columnAsText, type DataFrame} from '../data/annotated-matrix.ts';
import type {Rearrangement} from '../data/rearrangement.ts';
import type {Row} from '../data/table.ts';
import {isAwkward, readAwkward, type Awkward} from './anndata-awkward.ts';
import {readDataFrame} from './anndata-frames.ts';
import {groupAt, readHdf5, type Group} from './hdf5.ts';
import {isMuData, modalitiesOf} from './mudata.ts';
import {cellId, distrustOf, dropCounter, locusOf, present, readBoolean, readCount, type ReadReceptors} from './receptor-cells.ts';

interface Receptors {
  readonly obs: DataFrame;
  /** The chains of each row of obs, in AIRR's names. */
  readonly chains: readonly (readonly Row[])[];
}

export function hasScirpyReceptors(path: string, root: Group): boolean {
  return isMuData(root) ? [...modalitiesOf(path, root).values()].some((modality) => airrOf(modality) !== undefined) : airrOf(root) !== undefined || oldColumns(path, root) !== undefined;
}

/** Where the file holds several samples, the cells of the one that `sample_id` or `sample` in its obs names. */
export function readScirpy(path: string, sampleId: string): Promise<ReadReceptors> {
  return readHdf5(path, (root) => {
    const parts = isMuData(root) ? [...modalitiesOf(path, root).values()].filter((modality) => airrOf(modality) !== undefined) : [root];
    const {dropped, drop} = dropCounter();
    const rearrangements = parts.flatMap((part) => {
      const {obs, chains} = receptorsOf(path, part);
      return cellsOfSample(path, obs, sampleId).flatMap((cell) => chains[cell].flatMap((row, k) => chainOf(row, {barcode: obs.index[cell], sampleId, k, drop})));
    });
    return {rearrangements, dropped};
  });
}

function airrOf(root: Group): Group | undefined {
  const obsm = groupAt(root, 'obsm');
  const airr = obsm === undefined ? undefined : groupAt(obsm, 'airr');
  return airr !== undefined && isAwkward(airr) ? airr : undefined;
}

function receptorsOf(path: string, root: Group): Receptors {
  const airr = airrOf(root);
  const old = airr === undefined ? oldColumns(path, root) : undefined;
  if (old !== undefined) return old;
  if (airr === undefined) throw new FormatProblem(path, {found: 'no obsm/airr and no obs columns IR_VJ_1_junction_aa or TRA_1_cdr3', expected: 'receptors as scirpy writes them', advice: 'Check that the path names the right file.'});
  const obs = readDataFrame(path, root, 'obs');
  const rows = readAwkward(path, airr);
  if (rows.length !== obs.index.length) throw new FormatProblem(path, {found: `obsm/airr of ${rows.length} cells`, expected: `${obs.index.length}, as obs says`, advice: 'Check how the file was made.'});
  return {obs, chains: rows.map((row) => (Array.isArray(row) ? (row as readonly Awkward[]).map((chain) => chain as Row) : []))};
}

/** Field of AIRR -> what versions before 0.7 called it. */
const firstNames: Readonly<Record<string, string>> = {junction_aa: 'cdr3', junction: 'cdr3_nt', v_call: 'v_gene', d_call: 'd_gene', j_call: 'j_gene', c_call: 'c_gene', umi_count: 'expr'};
const fields = ['locus', 'productive', 'v_call', 'd_call', 'j_call', 'c_call', 'junction', 'junction_aa', 'duplicate_count', 'umi_count', 'consensus_count', 'sequence_id'];

function oldColumns(path: string, root: Group): Receptors | undefined {
  if (groupAt(root, 'obs') === undefined) return undefined;
  const obs = readDataFrame(path, root, 'obs');
  const isSecond = obs.columns.has('IR_VJ_1_junction_aa');
  if (!isSecond && !obs.columns.has('TRA_1_cdr3')) return undefined;
  const arms = isSecond ? ['IR_VJ_1', 'IR_VJ_2', 'IR_VDJ_1', 'IR_VDJ_2'] : ['TRA_1', 'TRA_2', 'TRB_1', 'TRB_2'];
  const columns = arms.map((arm) => ({arm, values: new Map(fields.map((field) => [field, columnAsText(obs, `${arm}_${isSecond ? field : (firstNames[field] ?? field)}`)] as const))}));
  return {
    obs,
    chains: obs.index.map((_, cell) => columns.flatMap(({arm, values}): Row[] => {
      const row = Object.fromEntries(fields.map((field) => [field, values.get(field)?.[cell] ?? null]));
      if (present(row['junction_aa']) === '' && present(row['junction']) === '') return [];
      // The first versions kept productive chains only, and the arm is the locus.
      return [isSecond ? row : {...row, locus: arm.slice(0, 3), productive: 'T'}];
    })),
  };
}

function cellsOfSample(path: string, obs: DataFrame, sampleId: string): number[] {
  const all = [...obs.index.keys()];
  for (const name of ['sample_id', 'sample']) {
    const samples = columnAsText(obs, name);
    if (samples === undefined) continue;
    if (samples.includes(sampleId)) return all.filter((cell) => samples[cell] === sampleId);
    const others = [...new Set(samples.filter((sample) => sample !== null))];
    if (others.length > 1) throw new FormatProblem(path, {found: `cells of ${others.slice(0, 5).join(', ')} in obs column ${name}`, expected: `cells of ${sampleId}`, advice: 'Name the samples in the file as sample_id in the samples sheet, or give each sample its own file.'});
  }
  return all;
}

function chainOf(row: Row, {barcode, sampleId, k, drop}: {barcode: string; sampleId: string; k: number; drop: (reason: string) => []}): Rearrangement[] {
  const text = (name: string): string => present(row[name]);
  const distrust = distrustOf(row);
  if (distrust !== undefined) return drop(distrust);
  const locus = locusOf(text('locus'), text('c_call'), text('j_call'), text('v_call'));
  if (locus === null) return drop('no locus');
  return [{
    sequence_id: text('sequence_id') || `${barcode}_chain_${k + 1}`, sequence: text('sequence'), cell_id: cellId(sampleId, barcode), sample_id: sampleId, barcode, locus, productive: readBoolean(row['productive']),
    v_call: text('v_call'), d_call: text('d_call'), j_call: text('j_call'), c_call: text('c_call'), junction: text('junction').toUpperCase(), junction_aa: text('junction_aa'),
    umi_count: readCount(row['umi_count']) ?? readCount(row['duplicate_count']), consensus_count: readCount(row['consensus_count']),
  }];
}
