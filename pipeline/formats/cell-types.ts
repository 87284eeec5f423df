// configs/cell-types.yaml: labels, their tree, colours and marker genes. Knows no cells.
import {parseDocument} from 'yaml';
import {FormatProblem} from '../base/format-problem.ts';
import {readText} from './delimited-text.ts';

export interface CellType {
  readonly label: string;
  readonly level: 'lineage' | 'type';
  /** The lineage of a type; null for a lineage. */
  readonly parent: string | null;
  /** Cell Ontology id, `CL:0000084`; null for `unassigned`. */
  readonly ontology: string | null;
  /** `#RRGGBB`. */
  readonly colour: string;
  /** Gene -> key of `sources`. */
  readonly markers: ReadonlyMap<string, string>;
  /** Genes that a contest compares. */
  readonly core: readonly string[];
}

export interface CellTypeContest {
  readonly level: 'lineage' | 'type';
  readonly within: readonly string[];
  readonly challenger: string;
  readonly holder: string;
}

export interface CellTypes {
  /** In the order of the file, which is the order of tables and legends. */
  readonly types: readonly CellType[];
  /** Key -> citation. */
  readonly sources: ReadonlyMap<string, string>;
  readonly contests: readonly CellTypeContest[];
  /** Lineage -> least score of a single cell. */
  readonly singleCellLineages: ReadonlyMap<string, number>;
}

/** Throws a FormatProblem that names the first label at fault. */
export function readCellTypes(path: string): CellTypes {
  const refuse = (found: string, expected: string): never => {
    throw new FormatProblem(path, {found, expected, advice: 'Compare it with the configs/cell-types.yaml that is shipped.'});
  };
  const document = parseDocument(readText(path));
  if (document.errors.length > 0) refuse(document.errors[0].message.split('\n')[0], 'valid YAML');
  const raw = record(document.toJS());
  if (!Array.isArray(raw.cell_types) || raw.cell_types.length === 0) refuse('no cell_types', 'a list of cell types');
  const types = (raw.cell_types as unknown[]).map((entry) => readCellType(record(entry), refuse));
  const cellTypes: CellTypes = {
    types,
    sources: new Map(Object.entries(record(raw.sources)).map(([key, citation]) => [key, String(citation)])),
    contests: (Array.isArray(raw.contests) ? raw.contests : []).map((contest: unknown) => readContest(record(contest), refuse)),
    singleCellLineages: new Map(Object.entries(record(raw.single_cell_lineages)).map(([label, threshold]) => [label, Number(threshold)])),
  };
  checkReferences(cellTypes, refuse);
  return cellTypes;
}

/** The lineage that a label stands for: a type's is its parent; undefined for an unknown label. */
export function lineageOf(cellTypes: CellTypes, label: string): string | undefined {
  const found = cellTypes.types.find((type) => type.label === label);
  return found === undefined ? undefined : (found.parent ?? found.label);
}

type Refuse = (found: string, expected: string) => never;

function readCellType(entry: Record<string, unknown>, refuse: Refuse): CellType {
  const {label, level, parent = null, ontology = null, colour, core} = entry;
  if (typeof label !== 'string' || label === '') return refuse('a cell type without a label', 'a label for each');
  if (level !== 'lineage' && level !== 'type') return refuse(`level ${String(level)} of ${label}`, 'lineage or type');
  if ((level === 'type') !== (typeof parent === 'string')) return refuse(`parent ${String(parent)} of the ${level} ${label}`, 'a lineage for a type, null for a lineage');
  if (typeof colour !== 'string' || !/^#[0-9A-Fa-f]{6}$/.test(colour)) return refuse(`colour ${String(colour)} of ${label}`, '#RRGGBB in quotes');
  if (ontology !== null && !/^CL:\d{7}$/.test(String(ontology))) return refuse(`ontology ${String(ontology)} of ${label}`, 'CL: and seven digits, or null');
  const markers = new Map(Object.entries(record(entry.markers)).map(([gene, source]) => [gene, String(source)]));
  const genes = Array.isArray(core) ? core.map(String) : [...markers.keys()];
  const stray = genes.find((gene) => !markers.has(gene));
  if (stray !== undefined) return refuse(`${stray} in the core of ${label}`, 'only genes of its markers');
  return {label, level, parent: parent as string | null, ontology: ontology === null ? null : String(ontology), colour, markers, core: genes};
}

function readContest(entry: Record<string, unknown>, refuse: Refuse): CellTypeContest {
  const {level, within, challenger, holder} = entry;
  if ((level !== 'lineage' && level !== 'type') || !Array.isArray(within)) return refuse(`a contest with level ${String(level)}`, 'level (lineage or type), within, challenger and holder');
  return {level, within: within.map(String), challenger: String(challenger), holder: String(holder)};
}

function checkReferences({types, sources, contests, singleCellLineages}: CellTypes, refuse: Refuse): void {
  const labels = types.map((type) => type.label);
  const twice = labels.find((label, k) => labels.indexOf(label) !== k);
  if (twice !== undefined) refuse(`${twice} twice`, 'each label once');
  const lineages = types.filter((type) => type.level === 'lineage').map((type) => type.label);
  if (!lineages.includes('unassigned')) refuse('no lineage "unassigned"', 'one for the cells that nothing decides');
  for (const {label, parent, markers} of types) {
    if (parent !== null && !lineages.includes(parent)) refuse(`parent ${parent} of ${label}`, `one of ${lineages.join(', ')}`);
    for (const [gene, source] of markers) if (!sources.has(source)) refuse(`source ${source} of ${gene} (${label})`, `one of ${[...sources.keys()].join(', ')}`);
  }
  for (const {level, within, challenger, holder} of contests) {
    const known = level === 'lineage' ? lineages : labels;
    const stranger = [...within, challenger, holder].find((label) => !known.includes(label));
    if (stranger !== undefined) refuse(`${stranger} in a contest of level ${level}`, `one of ${known.join(', ')}`);
  }
  for (const [label, threshold] of singleCellLineages) {
    if (!lineages.includes(label) || !(threshold >= 0 && threshold <= 1)) refuse(`${label}: ${threshold} in single_cell_lineages`, 'a lineage and a score from 0 to 1');
  }
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
