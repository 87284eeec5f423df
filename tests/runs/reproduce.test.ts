// From a run to a reviewer's verdict: the commands of docs/reviewing.md in a clone of the project elsewhere, then one changed byte of an input, one
// parameter and one result, each of which has to be named.
import {spawnSync} from 'node:child_process';
import {appendFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {chromium} from 'playwright-core';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {digestFile, digestText} from '../../pipeline/base/digest.ts';
import {compareWithSeal, filesOfFolder, parseSeal} from '../../pipeline/record/bundle.ts';
import {unpackZip} from '../../pipeline/record/zip-file.ts';
import {projectRoot, runCli} from '../rig/cli.ts';
import {roCrateValidator} from '../rig/ro-crate.ts';

const folder = mkdtempSync(join(tmpdir(), 'lymphline-bundle-'));
const cohort = join(folder, 'authors/cohort');
const run = join(cohort, 'runs/simulated');
const clone = join(folder, 'elsewhere/lymphline');
/** Where the reviewer works. */
const desk = join(folder, 'desk');
let published = '';

interface Answer {
  readonly verdict: string;
  readonly unsealed: readonly {readonly path: string; readonly kind: string}[];
  readonly inputs: readonly {readonly path: string; readonly status: string}[];
  readonly causes: readonly {readonly words: string}[];
  readonly results: readonly {readonly path: string; readonly status: string; readonly words: string}[];
}

beforeAll(() => {
  mkdirSync(desk, {recursive: true});
  expect(runCli(['simulate', cohort, '--patients', '1', '--timepoints', 'baseline,month1', '--cells', '60'])).toMatchObject({status: 0});
  const made = runCli(['run', join(cohort, 'run.yaml'), '--quiet']);
  expect(`${made.stderr.slice(-2000)} exit ${String(made.status)}`).toMatch(/exit 0$/);
  const bundled = runCli(['bundle', run, join(desk, 'demo.zip'), '--with-inputs', '--json']);
  expect(bundled.status, bundled.stderr).toBe(0);
  published = (JSON.parse(bundled.stdout) as {digest: string}).digest;
  expect(runCli(['bundle', run, join(desk, 'demo-without-inputs.zip')]).status).toBe(0);
  mkdirSync(clone, {recursive: true});
  for (const name of ['pipeline', 'steps', 'configs', 'bin', 'package.json', 'CITATION.cff']) cpSync(join(projectRoot, name), join(clone, name), {recursive: true});
  symlinkSync(join(projectRoot, 'node_modules'), join(clone, 'node_modules'));
  // The inputs under other names, as a laboratory may keep them.
  for (const kind of ['matrices', 'contigs']) for (const [at, name] of readdirSync(join(cohort, kind)).entries()) cpSync(join(cohort, kind, name), join(desk, 'data', kind, `${at}.file`), {recursive: true});
  // Nothing of the authors is there any more.
  cpSync(cohort, join(folder, 'kept'), {recursive: true});
  rmSync(join(folder, 'authors'), {recursive: true});
}, 1_200_000);
afterAll(() => rmSync(folder, {recursive: true, force: true}));

/** `lymphline` is that of the clone. */
function atDesk(command: string): {status: number | null; stdout: string; stderr: string} {
  const environment = {...process.env, PATH: `${join(clone, 'bin')}:${process.env['PATH'] ?? ''}`, PUBLISHED: published, LYMPHLINE_CACHE: ''};
  return spawnSync('sh', ['-ec', command], {cwd: desk, env: environment, encoding: 'utf8', timeout: 600_000});
}

const inClone = (...argv: string[]): Answer & {status: number | null} => {
  const done = atDesk(`lymphline ${argv.join(' ')} --json --quiet`);
  return {status: done.status, ...(JSON.parse(done.stdout || '{}') as Answer)};
};

test('every command of docs/reviewing.md does what the page says', async () => {
  const blocks = [...readFileSync(join(projectRoot, 'docs/reviewing.md'), 'utf8').matchAll(/```sh\n([^`]+)```/g)].map((match) => match[1]);
  expect(blocks.length).toBeGreaterThanOrEqual(5);
  const said: string[] = [];
  for (const block of blocks) {
    const done = atDesk(block);
    expect(done.status, `${block}\n${done.stdout.slice(-2000)}\n${done.stderr.slice(-2000)}`).toBe(0);
    said.push(done.stdout);
  }
  const all = said.join('\n');
  expect(said[0]).toMatch(/ files are as the seal says\. sha256 of bundle\.json: [0-9a-f]{64}, as published\n$/);
  for (const block of said.slice(1, 3)) {
    expect(block).toMatch(/All \d+ results that were rebuilt are identical, byte for byte\.\n/);
    expect(block.split('\n').filter((line) => /^(differs|not |within)/.test(line))).toEqual([]);
  }
  expect(all).toContain('changed: parameter of qc: max_percent_mito: 10 was published, 5 here (qc/P01-baseline, qc/P01-month1');
  expect(await digestFile(join(desk, 'again/results/manifest.json'))).toBe(await digestFile(join(folder, 'kept/runs/simulated/results/manifest.json')));
}, 1_200_000);

test('one changed byte of an input, one parameter and one result are named, each with both values', async () => {
  const changed = join(desk, 'changed');
  mkdirSync(changed);
  expect(await unpackZip(join(desk, 'demo.zip'), changed)).toMatchObject({ok: true});
  const inputs = readdirSync(join(changed, 'inputs')).flatMap((name) => readdirSync(join(changed, 'inputs', name)).map((file) => `inputs/${name}/${file}`));
  const contigs = inputs.find((path) => path.endsWith('P01-baseline.tcr.csv'))!;
  edit(join(changed, contigs), (text) => text.replace(/,TRBV(\d)/, (_, digit: string) => `,TRBV${(Number(digit) + 1) % 10}`));
  edit(join(changed, 'run.yaml'), (text) => text.replace('steps: {}', 'steps: {qc: {min_genes: 201}}'));
  const table = 'tables/clinical_summary.tsv';
  edit(join(changed, 'results', table), (text) => text.replace(/^(doris_2021\t)1\t/m, '$10\t'));
  // And a picture, to see both beside each other.
  edit(join(changed, 'results/figures/attrition.svg'), (text) => text.replace(/fill="#[0-9a-f]{6}"/, 'fill="#ff0000"'));
  const answer = inClone('reproduce', 'changed', '--run-dir', 'from-changed', '--digest', published);
  expect(answer.status).toBe(1);
  expect(answer.unsealed).toEqual([contigs, 'results/figures/attrition.svg', `results/${table}`, 'run.yaml'].map((path) => ({path, kind: 'differs'})));
  expect(answer.inputs.filter(({status}) => status === 'changed').map(({path}) => path)).toEqual([contigs]);
  const causes = answer.causes.map(({words}) => words);
  expect(causes).toContain('parameter of qc: min_genes: 200 was published, 201 here');
  expect(causes.filter((words) => words.startsWith('input '))).toEqual([expect.stringMatching(/^input P01-baseline\.tcr\.csv \(sha256 [0-9a-f]{12}… was published, [0-9a-f]{12}… here\)$/)]);
  expect(causes).toHaveLength(2);
  expect(answer.results.find(({path}) => path === table)).toMatchObject({status: 'differs', words: 'cells that differ: k: 1; doris_2021: 0 -> 1 (largest difference 1)'});
  expect(answer.results.filter(({path, status}) => path.startsWith('tables/clinical') && status === 'differs').map(({path}) => path)).toEqual([table]);
}, 1_200_000);

test('without any input the clones are called again from the bundle, and what needs a matrix is listed with it', () => {
  const answer = inClone('reproduce', 'demo-without-inputs.zip');
  expect(answer).toMatchObject({status: 0, verdict: 'identical'});
  const of = (status: string): string[] => answer.results.filter((result) => result.status === status).map(({path}) => path);
  expect(of('identical')).toEqual(expect.arrayContaining(['tables/clonal_abundance.tsv', 'tables/clones.tsv', 'tables/clinical_summary.tsv', 'figures/clonal-abundance', 'figures/umap', 'report.html']));
  expect(of('not-rebuilt')).toEqual(expect.arrayContaining(['tables/cells.tsv.gz', 'tables/signature_summary.tsv', 'cohort.h5ad']));
  expect(answer.results.find(({path}) => path === 'cohort.h5ad')?.words).toBe('P01-baseline.h5 is not at hand');
  expect(existsSync(join(desk, 'demo-without-inputs-reproduced/reproduction.html'))).toBe(true);
});

test('one changed byte of any file of a bundle is found, in that file and no other', async () => {
  const opened = join(desk, 'opened');
  mkdirSync(opened);
  await unpackZip(join(desk, 'demo-without-inputs.zip'), opened);
  const text = readFileSync(join(opened, 'bundle.json'), 'utf8');
  const seal = parseSeal(text);
  if (!seal.ok) throw new Error(seal.error);
  const found = new Map(await filesOfFolder(opened));
  expect(compareWithSeal(seal.value, found)).toEqual([]);
  expect(found.size).toBe(seal.value.files.length + 1);
  for (const [at, {path}] of seal.value.files.entries()) {
    const bytes = readFileSync(join(opened, path));
    bytes[(at * 7919) % bytes.length] ^= 1;
    expect(compareWithSeal(seal.value, new Map([...found, [path, {bytes: bytes.length, sha256: digestText(bytes)}]]))).toEqual([{path, kind: 'differs'}]);
  }
});

test('a result changed and sealed anew passes without the published digest, and is found with it', async () => {
  const forged = join(desk, 'forged');
  mkdirSync(forged);
  await unpackZip(join(desk, 'demo-without-inputs.zip'), forged);
  const path = 'results/tables/clones.tsv';
  appendFileSync(join(forged, path), '\n');
  const seal = JSON.parse(readFileSync(join(forged, 'bundle.json'), 'utf8')) as {files: {path: string; bytes: number; sha256: string}[]};
  const bytes = readFileSync(join(forged, path));
  writeFileSync(join(forged, 'bundle.json'), JSON.stringify({...seal, files: seal.files.map((file) => (file.path === path ? {path, bytes: bytes.length, sha256: digestText(bytes)} : file))}));
  expect(atDesk('lymphline verify forged').status).toBe(0);
  const digest = digestText(readFileSync(join(forged, 'bundle.json')));
  expect(atDesk(`lymphline verify forged --digest ${published}`)).toMatchObject({status: 1, stdout: expect.stringContaining(`sha256 of bundle.json: ${digest}, NOT as published (${published})`)});
});

test('equal runs give equal bundles, and a bundle names no folder of this machine', async () => {
  const again = runCli(['bundle', join(desk, 'again'), join(folder, 'again.zip'), '--with-inputs'], {TZ: 'Pacific/Auckland'});
  expect(again.status, again.stderr).toBe(0);
  const [one, other] = [join(folder, 'one'), join(folder, 'other')];
  for (const [zip, to] of [[join(desk, 'demo.zip'), one], [join(folder, 'again.zip'), other]] as const) {
    mkdirSync(to);
    await unpackZip(zip, to);
  }
  const files = (root: string): string[] => readdirSync(root, {recursive: true, encoding: 'utf8'}).filter((name) => /\.[a-z0-9]+$/.test(name)).sort();
  expect(files(other)).toEqual(files(one));
  // The time of the run is in the crate, and with the crate's digest in the seal.
  for (const name of files(one)) if (!['bundle.json', 'ro-crate-metadata.json'].includes(name)) expect(await digestFile(join(other, name)), name).toBe(await digestFile(join(one, name)));
  expect(files(one).filter((name) => readFileSync(join(one, name)).includes(folder))).toEqual([]);
});

const validator = roCrateValidator();
if ('missing' in validator) console.log(`RO-Crates are not validated: ${validator.missing}.`);

// With CI=true a missing validator is a failure.
test.skipIf('missing' in validator && process.env['CI'] !== 'true')('bundle and run directory are valid Workflow Run RO-Crates, and one without its workflow is not', () => {
  if ('missing' in validator) throw new Error(validator.missing);
  expect(validator.validate('workflow-run-crate', join(desk, 'demo.zip'))).toBe('valid');
  expect(validator.validate('workflow-run-crate', join(desk, 'again'))).toBe('valid');
  const broken = join(folder, 'one');
  edit(join(broken, 'ro-crate-metadata.json'), (text) => text.replace('"mainEntity"', '"about"'));
  expect(validator.validate('workflow-run-crate', broken)).toContain('The Main Workflow must be specified through a `mainEntity` property');
});

const browser = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path));
if (browser === undefined) console.log('The page of the reproduction is not opened: no Chromium (Debian package chromium).');

test.skipIf(browser === undefined)('its page opens from disk without a message or a request, fits a phone, and tells what differs first', async () => {
  const opened = await chromium.launch({executablePath: browser ?? '', args: ['--no-sandbox'], timeout: 120_000});
  try {
    for (const width of [1280, 390]) {
      const page = await opened.newPage({viewport: {width, height: 900}});
      const [said, asked]: [string[], string[]] = [[], []];
      page.on('console', (message) => said.push(message.text()));
      page.on('pageerror', (error) => said.push(String(error)));
      page.on('request', (asking) => asked.push(asking.url()));
      await page.goto(`file://${join(desk, 'from-changed/reproduction.html')}`);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      expect(await page.textContent('#verdict strong')).toMatch(/^Of \d+ results, \d+ differ; /);
      expect(await page.textContent('#changed')).toContain('min_genes: 200 was published, 201 here');
      expect(await page.textContent('#results-table tbody tr:first-child strong')).toBe('differs');
      expect(await page.evaluate("[...document.querySelectorAll('.pair img')].filter((one) => one.alt.startsWith('attrition, ')).map((one) => one.naturalWidth > 100)")).toEqual([true, true]);
      await page.fill('input[data-table="results-table"]', 'clinical_summary');
      expect(await page.locator('#results-table tbody tr:visible').count()).toBe(1);
      expect([said, asked.filter((url) => !url.startsWith('data:')).length]).toEqual([[], 1]);
      await page.close();
    }
  } finally {
    await opened.close();
  }
});

function edit(path: string, change: (text: string) => string): void {
  const before = readFileSync(path, 'utf8');
  const after = change(before);
  expect(after).not.toBe(before);
  rmSync(path);
  writeFileSync(path, after);
}
