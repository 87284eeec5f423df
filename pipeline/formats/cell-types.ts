// configs/cell-types.yaml: labels, their tree, colours and marker genes. Knows no cells.
import {parseDocument} from 'yaml';
import {FormatProblem} from '../base/format-problem.ts';
import {readText} from './delimited-text.ts';

/** From coarse to fine; a cell has one label of each, and where nothing finer is told, the coarser one again. */
export type Level = (typeof levels)[number];
export const levels = ['lineage', 'type', 'subtype'] as const;

export interface CellType {
  readonly label: string;
  readonly level: Level;
  /** The lineage of a type, the lineage or type of a subtype; null for a lineage. */
  readonly parent: string | null;
  /** Cell Ontology id, `CL:0000084`; null for `unassigned`. */
  readonly ontology: string | null;
  /** `#RRGGBB`. */
  readonly colour: string;
  /** Gene -> key of `sources`. */
  readonly markers: ReadonlyMap<string, string>;
  /** Genes that a contest or a claim looks at. */
  readonly core: readonly string[];
  /** Mouse genes without a human gene of that name, which count beside `markers` in a mouse; gene -> key of `sources`. */
  readonly mouse: ReadonlyMap<string, string>;
}

export interface CellTypeContest {
  readonly level: Level;
  readonly within: readonly string[];
  readonly challenger: string;
  readonly holder: string;
  /** Labels whose cores speak for the challenger, the highest of them in each cell; the challenger's own where the file names none. */
  readonly by: readonly string[];
  /** Weight of a cell's own score against the mean of its neighbours; null: as one of them. */
  readonly own: number | null;
}

/** A label that a cell takes where its core scores above a threshold around it. */
export interface CellTypeClaim {
  readonly level: Level;
  readonly within: readonly string[];
  readonly label: string;
  readonly above: number;
}

export interface CellTypes {
  /** In the order of the file, which is the order of tables and legends. */
  readonly types: readonly CellType[];
  /** Key -> citation. */
  readonly sources: ReadonlyMap<string, string>;
  readonly contests: readonly CellTypeContest[];
  readonly claims: readonly CellTypeClaim[];
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
    contests: list(raw.contests).map((contest) => readContest(record(contest), refuse)),
    claims: list(raw.claims).map((claim) => readClaim(record(claim), refuse)),
    singleCellLineages: new Map(Object.entries(record(raw.single_cell_lineages)).map(([label, threshold]) => [label, Number(threshold)])),
  };
  checkReferences(cellTypes, refuse);
  return cellTypes;
}

/** The lineage that a label stands for: its topmost parent; undefined for an unknown label. */
export function lineageOf(cellTypes: CellTypes, label: string): string | undefined {
  const found = cellTypes.types.find((type) => type.label === label);
  return found === undefined || found.parent === null ? found?.label : lineageOf(cellTypes, found.parent);
}

type Refuse = (found: string, expected: string) => never;

function readCellType(entry: Record<string, unknown>, refuse: Refuse): CellType {
  const {label, level, parent = null, ontology = null, colour, core} = entry;
  const genesOf = (genes: unknown): Map<string, string> => new Map(Object.entries(record(genes)).map(([gene, source]) => [gene, String(source)]));
  if (typeof label !== 'string' || label === '') return refuse('a cell type without a label', 'a label for each');
  if (!isLevel(level)) return refuse(`level ${String(level)} of ${label}`, levels.join(', '));
  if ((level !== 'lineage') !== (typeof parent === 'string')) return refuse(`parent ${String(parent)} of the ${level} ${label}`, 'a lineage for a type, a lineage or type for a subtype, null for a lineage');
  if (typeof colour !== 'string' || !/^#[0-9A-Fa-f]{6}$/.test(colour)) return refuse(`colour ${String(colour)} of ${label}`, '#RRGGBB in quotes');
  if (ontology !== null && !/^CL:\d{7}$/.test(String(ontology))) return refuse(`ontology ${String(ontology)} of ${label}`, 'CL: and seven digits, or null');
  const markers = genesOf(entry.markers);
  const genes = Array.isArray(core) ? core.map(String) : [...markers.keys()];
  const mouse = genesOf(entry.mouse);
  const stray = genes.find((gene) => !markers.has(gene) && !mouse.has(gene));
  if (stray !== undefined) return refuse(`${stray} in the core of ${label}`, 'only genes of its markers');
  return {label, level, parent: parent as string | null, ontology: ontology === null ? null : String(ontology), colour, markers, core: genes, mouse};
}

function readContest(entry: Record<string, unknown>, refuse: Refuse): CellTypeContest {
  const {level, within, challenger, holder, by, own = null} = entry;
  if (!isLevel(level) || !Array.isArray(within)) return refuse(`a contest with level ${String(level)}`, `level (${levels.join(', ')}), within, challenger and holder`);
  if (own !== null && !(Number(own) > 0 && Number(own) < 1)) return refuse(`own ${String(own)} of the contest for ${String(challenger)}`, 'a weight between 0 and 1');
  return {level, within: within.map(String), challenger: String(challenger), holder: String(holder), by: by === undefined ? [String(challenger)] : list(by).map(String), own: own === null ? null : Number(own)};
}

function readClaim(entry: Record<string, unknown>, refuse: Refuse): CellTypeClaim {
  const {level, within, label, above} = entry;
  if (!isLevel(level) || !Array.isArray(within)) return refuse(`a claim with level ${String(level)}`, `level (${levels.join(', ')}), within, label and above`);
  if (!(Number(above) >= 0 && Number(above) <= 1)) return refuse(`above ${String(above)} of the claim for ${String(label)}`, 'a score from 0 to 1');
  return {level, within: within.map(String), label: String(label), above: Number(above)};
}

function checkReferences({types, sources, contests, claims, singleCellLineages}: CellTypes, refuse: Refuse): void {
  const labels = types.map((type) => type.label);
  const twice = labels.find((label, k) => labels.indexOf(label) !== k);
  if (twice !== undefined) refuse(`${twice} twice`, 'each label once');
  const lineages = types.filter((type) => type.level === 'lineage').map((type) => type.label);
  const coarse = types.filter((type) => type.level !== 'subtype').map((type) => type.label);
  if (!lineages.includes('unassigned')) refuse('no lineage "unassigned"', 'one for the cells that nothing decides');
  for (const {label, level, parent, markers, mouse} of types) {
    const parents = level === 'subtype' ? coarse : lineages;
    if (parent !== null && !parents.includes(parent)) refuse(`parent ${parent} of ${label}`, `one of ${parents.join(', ')}`);
    for (const [gene, source] of [...markers, ...mouse]) if (!sources.has(source)) refuse(`source ${source} of ${gene} (${label})`, `one of ${[...sources.keys()].join(', ')}`);
  }
  const known: Readonly<Record<Level, readonly string[]>> = {lineage: lineages, type: coarse, subtype: labels};
  for (const {level, within, challenger, holder, by} of contests) {
    const stranger = [...within, challenger, holder].find((label) => !known[level].includes(label)) ?? by.find((label) => !labels.includes(label));
    if (stranger !== undefined) refuse(`${stranger} in a contest of level ${level}`, `one of ${known[level].join(', ')}`);
  }
  for (const {level, within, label} of claims) {
    const stranger = [...within, label].find((one) => !known[level].includes(one));
    if (stranger !== undefined) refuse(`${stranger} in a claim of level ${level}`, `one of ${known[level].join(', ')}`);
  }
  for (const [label, threshold] of singleCellLineages) {
    if (!lineages.includes(label) || !(threshold >= 0 && threshold <= 1)) refuse(`${label}: ${threshold} in single_cell_lineages`, 'a lineage and a score from 0 to 1');
  }
}

const isLevel = (value: unknown): value is Level => levels.some((level) => level === value);
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
