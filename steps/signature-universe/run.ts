import {writeFileSync} from 'node:fs';
import {closestName} from '../../pipeline/base/closest-name.ts';
import {addLogExpression} from '../../pipeline/analysis/log-expression.ts';
import {holdsCounts} from '../../pipeline/analysis/recover-counts.ts';
import {orderGenes, type SignatureUniverse, type UniverseSet} from '../../pipeline/analysis/score-signatures.ts';
import {cohortMaxRank, hasMouseSymbols, resolveSets, shareGenes, toScoredSet, withoutInterferon, type GeneAlias, type ResolvedSet} from '../../pipeline/analysis/signature-universe.ts';
import {transgeneColumns} from '../../pipeline/analysis/transgene-calls.ts';
import {geneSetDigest, type GeneSet} from '../../pipeline/data/gene-set.ts';
import {readTable, writeTable} from '../../pipeline/formats/delimited-text.ts';
import {readGmt} from '../../pipeline/formats/gmt.ts';
import {readH5adRows} from '../../pipeline/formats/h5ad-rows.ts';
import {readH5ad} from '../../pipeline/formats/h5ad.ts';
import {refuse, runStep, type StepJob} from '../../pipeline/step-runtime/run-step.ts';

interface SignatureChoice {
  readonly primary?: readonly string[];
  readonly exploratory?: 'all' | readonly string[];
}

interface ChosenSet {
  readonly set: GeneSet;
  readonly role: 'primary' | 'exploratory';
}

const defaultPrimary = ['HALLMARK_INTERFERON_ALPHA_RESPONSE', 'HALLMARK_INFLAMMATORY_RESPONSE'];

await runStep(async (job) => {
  const genesOfSample: (readonly string[])[] = [];
  const nDetected: number[] = [];
  const features = (job.config['car'] as {features?: readonly string[]} | null)?.features ?? [];
  const car = new Set<string>();
  for (const {path} of job.inputFiles('kept')) {
    const {var: genes} = await readH5ad(path, {X: false, layers: false, obsm: false, uns: false});
    genesOfSample.push(genes.index);
    for (const column of [...transgeneColumns(genes, features).values()].flat()) car.add(genes.index[column]);
  }
  const universe = shareGenes(genesOfSample, [...car, ...job.param<string[]>('exclude')]);
  const sums = new Float64Array(universe.genes.length);
  let hasCounts = true;
  // A second reading: the mean expression is over the genes that all files share, and a piece of a file is in memory at once.
  for (const {path} of job.inputFiles('kept')) {
    hasCounts &&= holdsCounts(await readH5ad(path, {X: false, layers: false, obsm: false}));
    for await (const {counts, var: genes} of readH5adRows(path)) {
      for (let row = 0; row < counts.nRows; row++) nDetected.push(counts.indptr[row + 1] - counts.indptr[row]);
      addLogExpression(orderGenes(counts, genes.index, universe.genes), sums);
    }
  }
  const allAliases = readTable(job.input('aliases')).rows.map((row): GeneAlias => ({symbol: String(row['symbol']), legacy: String(row['legacy'])}));
  const chosen = chooseSets(job, allAliases);
  const aliases = [...(job.param<boolean>('aliases') ? allAliases : []), ...mouseNames(job, universe.genes, chosen)];
  const maxRank = maxRankOf(job, nDetected);
  const resolved = resolveSets(chosen.map(({set}) => set), universe, aliases);
  const sets = resolved.map((set, i): UniverseSet => ({...toScoredSet(set, job.param('missing_genes')), role: chosen[i].role, refused: refusalOf(set, maxRank)}));
  const decided: SignatureUniverse = {genes: universe.genes, excluded: [...universe.excluded.keys()].filter((k) => universe.excluded[k] === 1), max_rank: maxRank, ...(!hasCounts ? {without_counts: true} : nDetected.length === 0 ? {} : {mean_log_expression: Array.from(sums, (sum) => sum / nDetected.length)}), sets};
  writeFileSync(job.output('universe'), `${JSON.stringify(decided)}\n`);
  writeTable(job.output('signature_sets'), {
    columns: ['signature', 'source', 'n_genes', 'n_present', 'fraction_present', 'missing_genes', 'role', 'used', 'missing', 'renamed_genes', 'excluded_genes', 'max_rank', 'n_universe_genes', 'n_genes_not_shared', 'sha256'],
    rows: resolved.map((set, i) => ({
      signature: set.name, source: set.source, n_genes: set.nGenes, n_present: set.nPresent, fraction_present: set.fractionPresent, missing_genes: set.missingGenes.join(' ') || null,
      role: chosen[i].role, used: sets[i].refused === '', missing: sets[i].refused || set.warning, renamed_genes: set.renamedGenes.join(', ') || null, excluded_genes: set.excludedGenes.join(' ') || null,
      max_rank: maxRank, n_universe_genes: universe.genes.length, n_genes_not_shared: universe.notShared.length, sha256: geneSetDigest(chosen[i].set),
    })),
  });
});

/** Mouse spellings as other names of the human genes, where that was asked for. */
function mouseNames(job: StepJob, genes: readonly string[], chosen: readonly ChosenSet[]): GeneAlias[] {
  const sets = chosen.map(({set}) => set);
  if (!hasMouseSymbols(genes, sets)) return [];
  const mouse = (gene: string): string => gene[0] + gene.slice(1).toLowerCase();
  if (job.param<string>('mouse_symbols') === 'uppercase') return [...new Set(sets.flatMap((set) => [...set.genes, ...set.negativeGenes]))].map((gene) => ({symbol: gene, legacy: mouse(gene)}));
  const example = genes.find((gene) => gene === mouse(gene) && /[a-z]/.test(gene)) ?? genes[0];
  return refuse({
    input: 'signature-universe.kept', found: `genes spelled as in mouse, such as ${example}`, expected: 'the human symbols of the gene sets',
    advice: 'Use mouse gene sets (signatures.files), or set steps.signature-universe.mouse_symbols: uppercase to take each for the human gene of the same letters, which is not always its ortholog.',
  });
}

function refusalOf(set: ResolvedSet, maxRank: number | null): string {
  if (maxRank === null) return 'no cell was kept';
  const nScored = set.nPresent + set.nMissing + set.nNegativeMissing;
  return set.refused ?? (nScored > maxRank ? `${nScored} genes, more than the maximum rank ${maxRank}` : '');
}

/** Primary sets, each followed by its `_NO_IFN` where that shares a gene with the interferon sets, then the exploratory ones. */
function chooseSets(job: StepJob, aliases: readonly GeneAlias[]): ChosenSet[] {
  const shipped = readGmt(job.input('sets'));
  const own = job.inputFiles('own_sets').flatMap(({path}) => readGmt(path));
  // A set of the user's own replaces a shipped one of the same name.
  const sets = [...shipped.filter((set) => !own.some((mine) => mine.name === set.name)), ...own];
  const choice = (job.config['signatures'] ?? {}) as SignatureChoice;
  const primary = choice.primary ?? defaultPrimary;
  const exploratory = choice.exploratory === 'all' ? sets.map((set) => set.name) : (choice.exploratory ?? []);
  const free = withoutInterferon(sets, aliases);
  const siblings = new Map(free.map((one) => [one.of, one]));
  const byName = new Map([...free.map((one) => one.set), ...sets].map((set) => [set.name, set]));
  const unknown = [...primary, ...exploratory].filter((name) => !byName.has(name));
  if (unknown.length > 0) {
    const near = unknown.map((name) => closestName(name, [...byName.keys()])).filter((name) => name !== undefined);
    refuse({input: 'signatures', found: `no gene set called ${unknown.join(', ')}`, expected: 'names of shipped sets or of sets in signatures.files', advice: near.length > 0 ? `Did you mean ${near.join(', ')}?` : 'configs/signatures/signatures.gmt lists them.'});
  }
  const chosen = new Map<string, ChosenSet>();
  const choose = (set: GeneSet, role: ChosenSet['role']): void => {
    if (!chosen.has(set.name)) chosen.set(set.name, {set, role});
  };
  for (const name of primary) {
    choose(byName.get(name)!, 'primary');
    const sibling = siblings.get(name);
    // With fewer genes left it is another programme: shown, but no part of the primary family.
    if (sibling !== undefined) choose(sibling.set, sibling.keepsEnough ? 'primary' : 'exploratory');
  }
  for (const name of exploratory) choose(byName.get(name)!, 'exploratory');
  return [...chosen.values()];
}

function maxRankOf(job: StepJob, nDetected: readonly number[]): number | null {
  const asked = job.param<unknown>('max_rank');
  if (asked === 'cohort') return nDetected.length === 0 ? null : cohortMaxRank(nDetected);
  if (Number.isInteger(asked) && Number(asked) > 0) return Number(asked);
  return refuse({input: 'signature-universe.max_rank', found: JSON.stringify(asked), expected: 'cohort or a whole number above 0', advice: 'Change steps.signature-universe.max_rank in the run file.'});
}
