// h5ad files read and written beside h5py and anndata, and the chain from counts to labels as a run has it beside scanpy's, on the same generated cells. Each measured
// process is its own, so that peak memory is its own. Needs the peers (peers/setup.sh); LYMPHLINE_BENCH_DATA keeps what was generated.
import {spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {loadavg, tmpdir} from 'node:os';
import {basename, join, resolve} from 'node:path';
import {digestText} from '../../pipeline/base/digest.ts';
import {findPeers} from './find-peers.ts';
import {watchJobs, type JobSpent} from './watch-jobs.ts';

const [child, peersScript, generator, lymphline] = ['formats-child.ts', 'peers/formats_peers.py', 'peers/generate_counts.py', '../../bin/lymphline'].map((name) => resolve(import.meta.dirname, name));
const rounds = 3;

export function benchFormats(): Promise<string> {
  return withPeers(async (python, folder) => {
    const large = generated(python, folder, {cells: 100_000, depth: 1475});
    const small = generated(python, folder, {cells: 20_000, depth: 5000});
    say(compareReading(python, large));
    say(compareWriting(python, folder, small));
    say(await runChain(python, folder, {source: small, cores: [2, 1], until: 'annotate'}));
    say(await runChain(python, folder, {source: small, cores: [2], until: 'annotate', bare: true}));
    say(runScanpy(python, small));
  });
}

/** 100,000 cells from sample files to the report: seconds and memory of each step, and the size of the page. */
export function benchLarge(): Promise<string> {
  return withPeers(async (python, folder) => say(await runChain(python, folder, {source: generated(python, folder, {cells: 100_000, depth: 1475}), cores: [2], until: 'report'})));
}

/** As it comes: the parts take minutes each. */
function say(lines: readonly string[]): void {
  for (const line of lines) console.log(`  ${line}`);
}

async function withPeers(work: (python: string, folder: string) => Promise<void>): Promise<string> {
  const python = findPeers();
  if (python === undefined) return 'Not run: the files are generated and compared by Python. `sh tests/bench/peers/setup.sh` makes an environment for it; LYMPHLINE_PEERS names it where it is elsewhere.';
  const kept = process.env['LYMPHLINE_BENCH_DATA'];
  const folder = kept ?? mkdtempSync(join(tmpdir(), 'lymphline-formats-'));
  const before = loadavg()[0];
  try {
    await work(python, folder);
    return `load of the machine before and after: ${before.toFixed(1)}, ${loadavg()[0].toFixed(1)} (with more than its cores at work the cpu seconds say more than the others)`;
  } finally {
    if (kept === undefined) rmSync(folder, {recursive: true, force: true});
  }
}

interface Spent {
  readonly wall: number;
  readonly cpu: number;
  readonly rss_mb: number;
}

/** A folder with counts.h5ad and a file a sample. */
function generated(python: string, folder: string, {cells, depth}: {cells: number; depth: number}): string {
  const target = join(folder, `cells-${cells}`);
  if (!existsSync(join(target, 'generated.json'))) writeFileSync(join(target, 'generated.json'), `${ask(python, [generator, target, '--cells', cells, '--depth', depth, '--samples']).at(-1)}\n`);
  console.log(`  ${basename(target)}: ${readFileSync(join(target, 'generated.json'), 'utf8').trim()}`);
  return target;
}

function ask(program: string, args: readonly (string | number)[], environment: Readonly<Record<string, string>> = {}): string[] {
  const done = spawnSync(program, args.map(String), {encoding: 'utf8', timeout: 7_200_000, maxBuffer: 1 << 26, env: {...process.env, ...environment}});
  if (done.status !== 0) throw new Error(`${[program, ...args].join(' ')} ended with ${done.error?.message ?? String(done.status)}: ${done.stderr.slice(-2000)}`);
  return done.stdout.trim().split('\n');
}

const spent = (line: string | undefined): Spent => JSON.parse(line ?? '{}') as Spent;
const inWords = ({wall, cpu, rss_mb}: Spent): string => `${wall.toFixed(2)} s (cpu ${cpu.toFixed(2)} s), peak ${rss_mb.toFixed(0)} MB`;
const fastest = (all: readonly Spent[]): Spent => all.reduce((best, one) => (one.wall < best.wall ? one : best));

/** Turn about, and the fastest of each: others use the machine. */
function compareReading(python: string, source: string): string[] {
  const file = join(source, 'counts.h5ad');
  const pairs = Array.from({length: rounds}, () => {
    const [own, [wall, check]] = [ask(process.execPath, [child, 'read', file])[0], ask(python, [peersScript, 'read', file])];
    const [ours, theirs] = [JSON.parse(own) as {stored: number; sum: number}, JSON.parse(check) as {stored: number; sum: number}];
    if (ours.stored !== theirs.stored || ours.sum !== theirs.sum) throw new Error(`h5py read other values: ${own}, ${check}`);
    return {own: spent(own), peer: spent(wall)};
  });
  return compared('read, streaming', [['Lymphline', pairs.map(({own}) => own)], ['h5py', pairs.map(({peer}) => peer)]]);
}

function compareWriting(python: string, folder: string, source: string): string[] {
  const [file, target] = [join(source, 'counts.h5ad'), join(folder, 'written.h5ad')];
  const all = Array.from({length: rounds}, () => [
    ask(process.execPath, [child, 'write', file, target])[0], ask(python, [peersScript, 'write', file, target, 1])[0], ask(python, [peersScript, 'write', file, target, 4])[0],
  ].map(spent));
  rmSync(target, {force: true});
  return compared('write', ['Lymphline', 'anndata, level 1', 'anndata, level 4 (its default)'].map((name, k) => [name, all.map((round) => round[k])]));
}

function compared(what: string, tools: readonly (readonly [string, readonly Spent[]])[]): string[] {
  const own = fastest(tools[0][1]);
  return tools.map(([name, all]) => `${what}: ${name} ${inWords(fastest(all))}${name === 'Lymphline' ? '' : `; Lymphline takes ${(own.wall / fastest(all).wall).toFixed(2)} of its time, ${(own.cpu / fastest(all).cpu).toFixed(2)} of its cpu`}`);
}

/** From the sample files to labels or to the report by the command line, for each number of cores; equal bytes of the results of all. `bare`: what scanpy's chain has no part for is left out. */
async function runChain(python: string, folder: string, {source, cores, until, bare = false}: {source: string; cores: readonly number[]; until: 'annotate' | 'report'; bare?: boolean}): Promise<string[]> {
  const study = join(folder, `study-${basename(source)}`);
  rmSync(study, {recursive: true, force: true});
  mkdirSync(study);
  const samples = ['P1', 'P2', 'P3', 'P4'].flatMap((patient) => [['before', -5], ['after', 30]].map(([timepoint, day]) => [`${patient}-${timepoint}`, patient, timepoint, day, 'gex', join(source, `${patient}-${timepoint}.h5ad`)].join('\t')));
  writeFileSync(join(study, 'samples.tsv'), ['sample_id\tpatient_id\ttimepoint\tday\tlibrary\tpath', ...samples, ''].join('\n'));
  writeFileSync(join(study, 'run.yaml'), 'lymphline: 1\nname: chain\nsamples: samples.tsv\ntimepoints: [before, after]\ncontrasts:\n  - {name: after-vs-before, by: timepoint, before: before, after: after, primary: true}\nsteps:\n' + (bare ? '  qc: {doublets: off}\n  cluster: {batch: mnn, stability_draws: 0}\n' : '  cluster: {batch: mnn}\n'));
  const runs: {n: number; wall: number; steps: (Spent & {step: string; nJobs: number})[]; digest: string; embedding: string}[] = [];
  for (const n of cores) {
    const runDirectory = join(study, `run-${n}`);
    const started = performance.now();
    const jobs = await watchJobs([lymphline, 'run', join(study, 'run.yaml'), '--run-dir', runDirectory, '--cores', String(n), '--until', until, '--quiet'], {environment: {LYMPHLINE_CACHE: join(study, `cache-${n}`)}, runDirectory});
    const outputs = ['cluster/cohort/attempt-1/outputs/embedding.h5ad', 'cluster/cohort/attempt-1/outputs/markers.tsv', 'annotate/cohort/attempt-1/outputs/labels.tsv.gz'].map((path) => join(runDirectory, 'jobs', path));
    runs.push({n, wall: (performance.now() - started) / 1000, steps: spentBySteps(jobs), digest: outputs.map((path) => digestText(readFileSync(path))).join(' '), embedding: outputs[0]});
  }
  const lines = runs.flatMap(({n, wall, steps}) => [
    `chain of ${basename(source)}${bare ? ' without doublet scores and draws of the stability' : ''}, ${n} ${n === 1 ? 'core' : 'cores'}: ${wall.toFixed(1)} s, peak of a job ${Math.max(...steps.map(({rss_mb}) => rss_mb)).toFixed(0)} MB`,
    ...steps.map(({step, nJobs, ...own}) => `  ${step} (${nJobs} ${nJobs === 1 ? 'job' : 'jobs'}): ${inWords(own)}`),
  ]);
  const bytes = runs.length < 2 ? [] : [`  the same bytes with ${cores.join(' and ')} cores: ${new Set(runs.map(({digest}) => digest)).size === 1 ? 'yes' : 'NO'}`];
  const quality = ask(python, [peersScript, 'judge', join(source, 'counts.h5ad'), runs[0].embedding]).at(-1) ?? '';
  return [...lines, ...bytes, ...(until === 'report' ? [pageSize(join(study, `run-${cores[0]}`))] : []), `  ${quality}`];
}

function pageSize(runDirectory: string): string {
  const [page, cohort] = ['report.html', 'cohort.h5ad'].map((name) => (statSync(join(runDirectory, 'results', name)).size / 1e6).toFixed(1));
  return `  report.html ${page} MB, cohort.h5ad ${cohort} MB`;
}

/** Seconds of a step are the sum over its jobs, memory the largest of one. */
function spentBySteps(jobs: readonly JobSpent[]): (Spent & {step: string; nJobs: number})[] {
  return [...Map.groupBy(jobs, ({step}) => step)].map(([step, own]) => ({
    step, nJobs: own.length, wall: own.reduce((sum, {wall}) => sum + wall, 0), cpu: own.reduce((sum, {cpu}) => sum + cpu, 0), rss_mb: Math.max(...own.map(({rss_mb}) => rss_mb)),
  }));
}

function runScanpy(python: string, source: string): string[] {
  const lines = ask(python, [peersScript, 'scanpy', join(source, 'counts.h5ad')], {NUMBA_NUM_THREADS: '2', OMP_NUM_THREADS: '2', OPENBLAS_NUM_THREADS: '2'}).map((line) => JSON.parse(line) as Spent & {stage?: string; missing?: string});
  const stages = lines.filter(({stage}) => stage !== undefined);
  const total = stages.reduce((sum, {wall}) => sum + (wall ?? 0), 0);
  return [
    `scanpy on the same cells, a fresh process: ${total.toFixed(1)} s, peak ${(lines.at(-1)?.rss_mb ?? 0).toFixed(0)} MB`,
    ...stages.map(({stage, missing, ...own}) => `  ${stage}: ${missing ?? inWords(own)}`),
    `  ${JSON.stringify(lines.at(-2))}`,
  ];
}
