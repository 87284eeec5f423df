import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {lineageOf, readCellTypes} from '../../../pipeline/formats/cell-types.ts';
import {readGmt} from '../../../pipeline/formats/gmt.ts';

const configs = resolve(import.meta.dirname, '../../../configs');
const shipped = readCellTypes(join(configs, 'cell-types.yaml'));
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-cell-types-'));
});
afterEach(() => {
  rmSync(folder, {recursive: true});
});

test('the promised lineages are there, in order', () => {
  expect(shipped.types.filter((type) => type.level === 'lineage').map((type) => type.label)).toEqual([
    'T cell', 'NK cell', 'B cell', 'plasma cell', 'monocyte', 'dendritic cell', 'megakaryocyte', 'erythrocyte', 'progenitor', 'unassigned',
  ]);
});

test('every type has 8 to 20 markers with a source, and a colour of its own', () => {
  for (const {label, markers} of shipped.types.filter((type) => type.label !== 'unassigned')) {
    expect([label, markers.size >= 8 && markers.size <= 20]).toEqual([label, true]);
  }
  expect(new Set(shipped.types.map((type) => type.colour)).size).toBe(shipped.types.length);
  const used = new Set(shipped.types.flatMap((type) => [...type.markers.values(), ...type.mouse.values()]));
  expect([...shipped.sources.keys()].filter((source) => !used.has(source))).toEqual([]);
});

test('no marker is a gene that interferon induces', () => {
  const sets = readGmt(join(configs, 'signatures', 'signatures.gmt')).filter((set) => /^(HALLMARK_INTERFERON_|SLE_IFNGS)/.test(set.name));
  const induced = new Set(sets.flatMap((set) => set.genes));
  expect(induced.size).toBeGreaterThan(200);
  expect(shipped.types.flatMap((type) => [...type.markers.keys()]).filter((gene) => induced.has(gene))).toEqual([]);
});

test('a type belongs to its parent, a subtype to the lineage above its type, a lineage to itself', () => {
  expect(['CD8 T cell', 'regulatory T cell', 'monocyte', 'no such cell'].map((label) => lineageOf(shipped, label))).toEqual(['T cell', 'T cell', 'monocyte', undefined]);
});

const head = 'sources: {a: A 2020}\ncell_types:\n  - {label: unassigned, level: lineage, colour: "#BFBFBF"}\n';
test.each([
  ['cell_types: []\n', 'no cell_types'],
  ['cell_types: [}\n', 'Flow sequence'],
  [`${head}  - {label: X, level: type, colour: "#000000"}\n`, 'parent null of the type X'],
  [`${head}  - {label: X, level: lineage, colour: red}\n`, 'colour red of X'],
  [`${head}  - {label: X, level: lineage, colour: "#000000", markers: {CD3D: b}}\n`, 'source b of CD3D (X)'],
  [`${head}  - {label: X, level: lineage, colour: "#000000", markers: {CD3D: a}, core: [CD3E]}\n`, 'CD3E in the core of X'],
  [`${head}  - {label: unassigned, level: lineage, colour: "#000000"}\n`, 'unassigned twice'],
  [`${head}  - {label: X, level: lineage, colour: "#000000"}\n  - {label: Y, level: subtype, colour: "#000001"}\n`, 'parent null of the subtype Y'],
  [`${head}  - {label: X, level: lineage, colour: "#000000", mouse: {Cd8b1: b}}\n`, 'source b of Cd8b1 (X)'],
  [`${head}contests: [{level: kind, within: [unassigned], challenger: unassigned, holder: unassigned}]\n`, 'a contest with level kind'],
  [`${head}contests: [{level: lineage, within: [unassigned], challenger: unassigned, holder: unassigned, own: 2}]\n`, 'own 2 of the contest for unassigned'],
  [`${head}contests: [{level: lineage, within: [unassigned], challenger: unassigned, holder: unassigned, by: [Y]}]\n`, 'Y in a contest of level lineage'],
  [`${head}claims: [{level: lineage, within: [unassigned], label: unassigned, above: 3}]\n`, 'above 3 of the claim for unassigned'],
  [`${head}claims: [{level: type, within: [unassigned], label: Y, above: 0.1}]\n`, 'Y in a claim of level type'],
  [`${head}contests: [{level: lineage, within: [X], challenger: unassigned, holder: unassigned}]\n`, 'X in a contest'],
])('a list that contradicts itself is refused by name: %#', (text, found) => {
  const path = join(folder, 'cell-types.yaml');
  writeFileSync(path, text);
  expect(() => readCellTypes(path)).toThrow(found);
});
