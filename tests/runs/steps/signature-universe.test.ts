// Cells of a mouse against human gene sets, and signed sets under each score.
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {scoreMethods, scoreSignatures, type SignatureUniverse} from '../../../pipeline/analysis/score-signatures.ts';
import {hasMouseSymbols} from '../../../pipeline/analysis/signature-universe.ts';
import {geneSetDigest} from '../../../pipeline/data/gene-set.ts';
import {readTable} from '../../../pipeline/formats/delimited-text.ts';
import {readGmt} from '../../../pipeline/formats/gmt.ts';
import {writeH5ad} from '../../../pipeline/formats/h5ad.ts';
import {runStepFolder, type StepRun} from '../../rig/run-step.ts';

const root = join(import.meta.dirname, '../../..');
const sets = join(root, 'configs/signatures/signatures.gmt');
const alpha = readGmt(sets).find(({name}) => name === 'HALLMARK_INTERFERON_ALPHA_RESPONSE')!;
const mouse = (gene: string): string => gene[0] + gene.slice(1).toLowerCase();
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-universe-'));
});
afterEach(() => rmSync(folder, {recursive: true}));

/** Two cells with one count of each gene, and two of every other. */
async function runWith(genes: readonly string[], params: Readonly<Record<string, unknown>>): Promise<StepRun> {
  const n = genes.length;
  const values = Float32Array.from({length: 2 * n}, (_, k) => 1 + (k % 2));
  await writeH5ad(join(folder, 'kept.h5ad'), {obs: {index: ['a', 'b'], columns: new Map()}, var: {index: genes, columns: new Map()}, X: {kind: 'sparse', nRows: 2, nColumns: n, indptr: Uint32Array.of(0, n, 2 * n), indices: Uint32Array.from({length: 2 * n}, (_, k) => k % n), values}});
  return runStepFolder('signature-universe', join(folder, 'run'), {inputs: {kept: join(folder, 'kept.h5ad'), sets, aliases: join(root, 'configs/signatures/aliases.tsv')}, params, config: {signatures: {primary: [alpha.name]}}});
}
const genesOfAlpha = [...alpha.genes, ...Array.from({length: 200}, (_, k) => `OTHER${k}`)];

test('mouse symbols are refused with what to do, and taken for human ones on request', async () => {
  const refused = await runWith(genesOfAlpha.map(mouse), {});
  expect(refused.status).toBe(65);
  expect(refused.problem?.found).toMatch(/^genes spelled as in mouse, such as [A-Z][a-z0-9]+$/);
  expect(refused.problem?.advice).toContain('mouse_symbols: uppercase');
  rmSync(join(folder, 'run'), {recursive: true});
  const taken = await runWith(genesOfAlpha.map(mouse), {mouse_symbols: 'uppercase'});
  expect(taken).toMatchObject({status: 0, problem: undefined});
  const row = readTable(taken.outputs['signature_sets']).rows[0];
  expect([row['signature'], row['n_present']]).toEqual([alpha.name, String(alpha.genes.length)]);
  expect(row['renamed_genes']).toContain(`${alpha.genes[0]} as ${mouse(alpha.genes[0])}`);
});

test('human symbols and Ensembl ids are no mouse symbols', () => {
  expect(hasMouseSymbols(genesOfAlpha, [alpha])).toBe(false);
  expect(hasMouseSymbols(alpha.genes.map((_, k) => `ENSG${k}`), [alpha])).toBe(false);
  expect(hasMouseSymbols(alpha.genes.map(mouse), [alpha])).toBe(true);
});

test('a signed set has a UCell score and a reason by every other method', async () => {
  const done = await runWith(genesOfAlpha, {});
  const universe = JSON.parse(readFileSync(done.outputs['universe'], 'utf8')) as SignatureUniverse;
  const signed: SignatureUniverse = {...universe, sets: [universe.sets[0], {...universe.sets[0], name: 'SIGNED', columns: [0, 1, 2], negativeColumns: [3, 4]}]};
  const n = universe.genes.length;
  const counts = {kind: 'sparse' as const, nRows: 1, nColumns: n, indptr: Uint32Array.of(0, n), indices: Uint32Array.from({length: n}, (_, k) => k), values: Float32Array.from({length: n}, (_, k) => 1 + (k % 5))};
  for (const method of scoreMethods) {
    const [, score] = scoreSignatures(counts, signed, method);
    if (method === 'ucell') expect('values' in score && score.values.length).toBe(1);
    else expect(score, method).toEqual({missing: 'a signed set: only UCell scores it'});
  }
});

test('every shipped set is registered with the digest of its genes, and nothing else is', () => {
  const registry = new Map(readTable(join(root, 'configs/signatures/registry.tsv')).rows.map((row) => [row['id'], row]));
  const shipped = readGmt(sets);
  expect([...registry.keys()].sort()).toEqual(shipped.map(({name}) => name).sort());
  for (const set of shipped) {
    const row = registry.get(set.name);
    expect(row?.['sha256'], set.name).toBe(geneSetDigest(set));
    expect(row?.['n_genes'], set.name).toBe(String(set.genes.length + set.negativeGenes.length));
    expect(row?.['licence'], set.name).not.toBeNull();
  }
  // The digest is of the genes, not of their order.
  expect(geneSetDigest({...alpha, genes: [...alpha.genes].reverse()})).toBe(geneSetDigest(alpha));
});
