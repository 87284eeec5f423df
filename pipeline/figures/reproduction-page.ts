// The page of a reproduction: the verdict, what changed, every table and figure with its difference, and how to check the page itself. Same look as
// the report; one file, no request.
import type {ColumnDifference, Tolerances} from '../analysis/reproduction/compared.ts';
import type {ComparedResult, Counts, ResultStatus, Verdict} from '../analysis/reproduction/verdict.ts';
import {tableFilter} from './page-script.ts';
import {pageShell, type PageSection} from './page-shell.ts';
import {pageStyle} from './page-style.ts';
import {escapeXml} from './svg.ts';

/** What only the engine knows. */
export interface ReproductionFacts {
  readonly name: string;
  readonly version: {readonly published: string; readonly here: string};
  readonly node: {readonly published: string; readonly here: string};
  readonly seal: string;
  /** What was given to compare with, where it was. */
  readonly publishedSeal?: string;
  /** Files of the bundle that are not as its seal says. */
  readonly unsealed: readonly {readonly path: string; readonly kind: string}[];
  readonly inputs: readonly {readonly path: string; readonly status: 'bundled' | 'found' | 'changed' | 'missing'; readonly words: string}[];
  readonly jobs: {readonly planned: number; readonly ran: number; readonly failed: number};
  /** Where the rerun began, in words. */
  readonly entry: string;
  /** Of the jobs that ran: what of their fingerprints is not as published. */
  readonly causes: readonly {readonly words: string; readonly jobs: readonly string[]}[];
  readonly notRebuilt: readonly {readonly path: string; readonly why: string}[];
  /** By path inside results/. */
  readonly tolerances: Readonly<Record<string, Tolerances>>;
  readonly programs: readonly {readonly step: string; readonly published: string; readonly here: string}[];
}

/** The two pictures of a figure that do not look the same, as SVG. */
export interface FigurePair {
  readonly path: string;
  readonly published: string;
  readonly again: string;
}

export const reproductionStyle = `${pageStyle}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:8px 16px}.pair img{display:block;width:100%;background:#fff;border-radius:4px}
`;

export interface ReproductionContent {
  readonly pairs: readonly FigurePair[];
  readonly facts: ReproductionFacts;
  readonly results: readonly ComparedResult[];
  readonly counts: Counts;
  readonly verdict: Verdict;
}

const statusWords: Readonly<Record<ResultStatus, string>> = {
  identical: 'identical', within: 'within tolerance', differs: 'differs', 'not-made': 'not made', 'not-published': 'not published', 'not-rebuilt': 'not rebuilt',
};

export function reproductionPage(content: ReproductionContent, hashes: {readonly style: string; readonly script: string}): string {
  const {facts, results} = content;
  const sections: readonly PageSection[] = [
    ['verdict', 'Verdict', verdictSection(content)],
    ['changed', 'What changed', changedSection(facts)],
    ['tables', 'Tables', resultTable('table', results, facts)],
    ['figures', 'Figures', resultTable('figure', results, facts) + content.pairs.map(figurePair).join('')],
    ['others', 'Other results', resultTable('other', results, facts)],
    ['inputs', 'Inputs', inputsSection(facts)],
    ['provenance', 'Provenance', provenanceSection(facts)],
  ];
  return pageShell({
    policy: `default-src 'none'; img-src data:; style-src 'sha256-${hashes.style}'; script-src 'sha256-${hashes.script}'`,
    title: `${escapeXml(facts.name)}: reproduction`, style: reproductionStyle, script: tableFilter, heading: `${escapeXml(facts.name)}, made again`,
    lead: `${facts.jobs.ran} of ${facts.jobs.planned} jobs ran · ${escapeXml(facts.entry)} · published with Lymphline ${escapeXml(facts.version.published)}, made again with ${escapeXml(facts.version.here)}`,
    sections,
  });
}

/** One sentence for the terminal and the page. */
export function verdictSentence({counts, verdict}: Pick<ReproductionContent, 'counts' | 'verdict'>): string {
  const {identical, within, differs, notRebuilt} = counts;
  const n = identical + within + differs;
  const left = notRebuilt === 0 ? '' : ` ${notRebuilt} more could not be rebuilt from what is at hand.`;
  switch (verdict) {
    case 'identical':
      return `${n === 1 ? 'The one result that was rebuilt is' : `All ${n} results that were rebuilt are`} identical, byte for byte.${left}`;
    case 'within':
      return `Of ${n} results that were rebuilt, ${identical} are identical and ${within} are within tolerance; none differs.${left}`;
    case 'differs':
      return `Of ${n} results, ${differs} ${differs === 1 ? 'differs' : 'differ'}; ${identical} are identical and ${within} within tolerance.${left}`;
    case 'nothing-rebuilt':
      return `Nothing could be rebuilt from what is at hand.${left}`;
  }
}

function verdictSection(content: ReproductionContent): string {
  const {facts} = content;
  const seal = facts.unsealed.length === 0
    ? 'Every file of the bundle is as its seal says.'
    : `${facts.unsealed.length} ${facts.unsealed.length === 1 ? 'file' : 'files'} of the bundle ${facts.unsealed.length === 1 ? 'is' : 'are'} not as its seal says: ${facts.unsealed.slice(0, 5).map(({path, kind}) => `<code>${escapeXml(path)}</code> (${escapeXml(kind)})`).join(', ')}${facts.unsealed.length > 5 ? ' …' : ''}.`;
  const published = facts.publishedSeal === undefined
    ? 'No published digest was given to compare the seal with: whoever changed a file could have sealed the bundle anew.'
    : facts.publishedSeal === facts.seal ? 'The seal is the published one.' : `The seal is <strong>not the published one</strong>: <code>${escapeXml(facts.publishedSeal)}</code> was published.`;
  return `<p><strong>${escapeXml(verdictSentence(content))}</strong></p>
<p>${seal} ${published}</p>${facts.jobs.failed === 0 ? '' : `<p><strong>${facts.jobs.failed} jobs failed here</strong>; what depends on them was not made.</p>`}`;
}

function changedSection({causes}: ReproductionFacts): string {
  if (causes.length === 0) return '<p>Nothing: the jobs that ran had the same inputs, parameters, sheet rows, programs and source as the published ones.</p>';
  return `<div class="table" tabindex="0"><table><thead><tr><th scope="col">change</th><th scope="col">jobs that it reaches first</th></tr></thead><tbody>${causes.map(({words, jobs}) => `<tr><td class="long">${escapeXml(words)}</td><td class="long">${escapeXml(jobs.slice(0, 6).join(', '))}${jobs.length > 6 ? ` and ${jobs.length - 6} more` : ''}</td></tr>`).join('')}</tbody></table></div>`;
}

function resultTable(kind: ComparedResult['kind'], results: readonly ComparedResult[], {tolerances}: ReproductionFacts): string {
  // What differs first; the sort is stable.
  const own = results.filter((result) => result.kind === kind).toSorted((a, b) => Number(isGood(a)) - Number(isGood(b)));
  if (own.length === 0) return '<p>None.</p>';
  const id = `results-${kind}`;
  const rows = own.map(({path, status, words}) => `<tr><td>${escapeXml(shortName(path))}</td><td>${isGood({status}) ? statusWords[status] : `<strong>${statusWords[status]}</strong>`}</td><td class="long">${escapeXml(words)}</td></tr>`).join('');
  const details = own.filter(({columns}) => columns.length > 0).map(({path, columns}) => columnTable(path, columns)).join('');
  const declared = Object.entries(tolerances).filter(([place]) => own.some(({path}) => path === place || path.startsWith(`${place}/`)));
  const allowed = declared.length === 0 ? '' : `<p class="soft">Declared tolerances: ${declared.map(([place, columns]) => `${escapeXml(place)} (${Object.entries(columns).map(([column, {absolute, relative}]) => `${column === '*' ? 'every number' : escapeXml(column)} ${[...(absolute === undefined ? [] : [`absolute ${written(absolute)}`]), ...(relative === undefined ? [] : [`relative ${written(relative)}`])].join(', ')}`).join('; ')})`).join(', ')}.</p>`;
  return `<input hidden data-table="${id}" aria-label="Filter ${kind === 'other' ? 'other results' : `${kind}s`}" placeholder="filter by words"><div class="table" tabindex="0"><table id="${id}"><thead><tr><th scope="col">${kind === 'other' ? 'file' : kind}</th><th scope="col">status</th><th scope="col">where, and by how much</th></tr></thead><tbody>${rows}</tbody></table></div>${allowed}${details}`;
}

/** As images: two pictures with the same ids in one page would disturb each other. */
function figurePair({path, published, again}: FigurePair): string {
  const image = (svg: string, words: string): string => `<div><img src="data:image/svg+xml;base64,${base64(svg)}" alt="${escapeXml(shortName(path))}, ${words}"><p class="soft">${words}</p></div>`;
  return `<figure><h3>${escapeXml(shortName(path))}</h3><div class="pair">${image(published, 'as published')}${image(again, 'made again')}</div></figure>`;
}

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

const isGood = ({status}: Pick<ComparedResult, 'status'>): boolean => status === 'identical' || status === 'within' || status === 'not-rebuilt';

function columnTable(path: string, columns: readonly ColumnDifference[]): string {
  const number = (value: number | null): string => (value === null ? '' : String(Number(value.toPrecision(3))));
  const rows = columns.map(({column, nDifferent, nWithin, largestAbsolute, largestRelative, example}) => `<tr><td>${escapeXml(column)}</td><td>${nDifferent}</td><td>${nWithin}</td><td>${number(largestAbsolute)}</td><td>${largestRelative === null ? '' : `${number(100 * largestRelative)} %`}</td><td class="long">${escapeXml(example.row)}</td><td class="long"><code>${escapeXml(example.published)}</code></td><td class="long"><code>${escapeXml(example.again)}</code></td></tr>`).join('');
  return `<details><summary>${escapeXml(shortName(path))}: column by column</summary><div class="table" tabindex="0"><table><thead><tr><th scope="col">column</th><th scope="col">cells that differ</th><th scope="col">of these within</th><th scope="col">largest difference</th><th scope="col">in %</th><th scope="col">for example</th><th scope="col">published</th><th scope="col">made again</th></tr></thead><tbody>${rows}</tbody></table></div></details>`;
}

const written = (value: number): string => (value < 0.001 ? value.toExponential() : String(value));
const shortName = (path: string): string => path.replace(/^(tables|figures)\//, '');

function inputsSection({inputs}: ReproductionFacts): string {
  if (inputs.length === 0) return '<p>The run names no input besides its sheets.</p>';
  const n = (status: string): number => inputs.filter((input) => input.status === status).length;
  return `<p>${n('bundled')} in the bundle, ${n('found')} found by digest, ${n('changed')} changed, ${n('missing')} not at hand.</p><details><summary>Every input</summary><div class="table" tabindex="0"><table><thead><tr><th scope="col">input</th><th scope="col">status</th><th scope="col">where</th></tr></thead><tbody>${inputs.map(({path, status, words}) => `<tr><td>${escapeXml(path.replace(/^inputs\/[0-9a-f]+\//, ''))}</td><td>${status === 'changed' || status === 'missing' ? `<strong>${status}</strong>` : status}</td><td class="long">${escapeXml(words)}</td></tr>`).join('')}</tbody></table></div></details>`;
}

function provenanceSection({seal, version, node, programs}: ReproductionFacts): string {
  const rows = programs.map(({step, published, here}) => `<tr><td>${escapeXml(step)}</td><td class="long">${escapeXml(published)}</td><td class="long">${published === here ? 'the same' : `<strong>${escapeXml(here === '' ? 'did not run' : here)}</strong>`}</td></tr>`).join('');
  return `<p>Seal of the bundle (sha256 of its <code>bundle.json</code>): <code>${escapeXml(seal)}</code></p>
<p>Published with Lymphline ${escapeXml(version.published)} on Node ${escapeXml(node.published)}; made again with Lymphline ${escapeXml(version.here)} on Node ${escapeXml(node.here)}.</p>
<details><summary>Programs of each step</summary><div class="table" tabindex="0"><table><thead><tr><th scope="col">step</th><th scope="col">published</th><th scope="col">here</th></tr></thead><tbody>${rows}</tbody></table></div></details>
<p class="soft">A number is within tolerance where |published - again| is at most absolute + relative × |published|; without a declared tolerance only equal text is equal.</p>`;
}
