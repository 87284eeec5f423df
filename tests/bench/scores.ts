// 50 sets on 20,000 cells x 20,000 genes by every score, then 1,000 sets and 100,000 cells by UCell. Cells come in pieces of 1,000, as samples come to the
// step, so that memory is that of a piece. Where a Python with scanpy, decoupler and pyUCell is at hand (peers/setup.sh makes it), they score the same counts.
import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {scoreMethods, scoreSignatures, type ScoreMethod, type SignatureUniverse, type UniverseSet} from '../../pipeline/analysis/score-signatures.ts';
import {addLogExpression} from '../../pipeline/analysis/log-expression.ts';
import {randomStream} from '../../pipeline/base/random.ts';
import {stackRows, type SparseMatrix} from '../../pipeline/data/matrix.ts';
import {writeH5ad} from '../../pipeline/formats/h5ad.ts';
import {findPeers} from './find-peers.ts';

const [nGenes, nCells, piece] = [20_000, 20_000, 1000];

export async function benchScores(): Promise<string> {
  const means = geneMeans();
  const sets = (n: number): UniverseSet[] => Array.from({length: n}, (_, s) => {
    const random = randomStream(1, `set ${s}`);
    const columns = new Set<number>();
    while (columns.size < 20 + (s % 10) * 20) columns.add(random.integer(nGenes));
    return {name: `SET${s}`, columns: [...columns], negativeColumns: [], nMissing: 0, nNegativeMissing: 0, role: 'exploratory', refused: ''};
  });
  const genes = Array.from({length: nGenes}, (_, k) => `G${String(k).padStart(5, '0')}`);
  const sums = new Float64Array(nGenes);
  const universe: SignatureUniverse = {genes, excluded: [], max_rank: 1500, mean_log_expression: [], sets: sets(50)};
  const times = new Map<ScoreMethod, Spent>();
  // The cohort's means first, as signature-universe makes them.
  const nPieces = nCells / piece;
  for (let k = 0; k < nPieces; k++) addLogExpression(cellsOf(means, k), sums);
  const ready: SignatureUniverse = {...universe, mean_log_expression: Array.from(sums, (sum) => sum / nCells)};
  let nStored = 0;
  for (let k = 0; k < nPieces; k++) {
    const counts = cellsOf(means, k);
    nStored += counts.values.length;
    for (const method of scoreMethods) {
      const spent = timed(() => scoreSignatures(counts, ready, method));
      times.set(method, {wall: (times.get(method)?.wall ?? 0) + spent.wall, cpu: (times.get(method)?.cpu ?? 0) + spent.cpu});
    }
  }
  console.log(`${nCells} cells x ${nGenes} genes, ${(nStored / 1e6).toFixed(1)} M counts, 50 sets of 20 to 200 genes`);
  for (const [method, time] of times) console.log(`  ${method.padEnd(14)} ${inWords(time)}`);
  const peak = process.resourceUsage().maxRSS / 1024;
  console.log(`  peak memory of this process ${peak.toFixed(0)} MB`);
  const many: SignatureUniverse = {...ready, sets: sets(1000)};
  const first = cellsOf(means, 0);
  const large = timed(() => {
    for (let k = 0; k < 100; k++) scoreSignatures(first, ready, 'ucell');
  });
  const wide = timed(() => {
    for (let k = 0; k < nPieces; k++) scoreSignatures(first, many, 'ucell');
  });
  console.log(`  ucell, 100,000 cells, 50 sets: ${inWords(large)}; ${nCells} cells, 1,000 sets: ${inWords(wide)}`);
  const peers = await benchPeers(means, ready);
  return `scores: UCell ${inWords(times.get('ucell')!)} (goal 0.8 s), peak ${peak.toFixed(0)} MB (goal 500)\n${peers}`;
}

interface Spent {
  readonly wall: number;
  readonly cpu: number;
}

/** Wall and cpu time differ where others use the machine. */
function timed(work: () => unknown): Spent {
  const [started, before] = [performance.now(), process.cpuUsage()];
  work();
  const {user, system} = process.cpuUsage(before);
  return {wall: performance.now() - started, cpu: (user + system) / 1000};
}

const inWords = ({wall, cpu}: Spent): string => `${(wall / 1000).toFixed(2)} s (cpu ${(cpu / 1000).toFixed(2)} s)`;

/** A few genes with much, most with little: about 2,400 genes a cell are detected. */
function geneMeans(): Float64Array {
  const random = randomStream(1, 'gene means');
  const means = Float64Array.from({length: nGenes}, () => Math.exp(1.85 * random.normal()));
  const total = means.reduce((sum, value) => sum + value, 0);
  return means.map((value) => (4900 * value) / total);
}

function cellsOf(means: Float64Array, k: number): SparseMatrix {
  const random = randomStream(1, `cells ${k}`);
  const indptr = new Uint32Array(piece + 1);
  const indices = new Uint32Array(piece * 4000);
  const values = new Float32Array(piece * 4000);
  const none = means.map((value) => Math.exp(-value));
  let stored = 0;
  for (let row = 0; row < piece; row++) {
    for (let gene = 0; gene < nGenes; gene++) {
      let product = random.uniform();
      if (product <= none[gene]) continue;
      let count = 0;
      // Knuth's Poisson; means of a cell are small.
      do {
        product *= random.uniform();
        count++;
      } while (product > none[gene]);
      indices[stored] = gene;
      values[stored++] = count;
    }
    indptr[row + 1] = stored;
  }
  return {kind: 'sparse', nRows: piece, nColumns: nGenes, indptr, indices: indices.slice(0, stored), values: values.slice(0, stored)};
}

async function benchPeers(means: Float64Array, universe: SignatureUniverse): Promise<string> {
  const python = findPeers();
  if (python === undefined) return 'Peers were not run: `sh tests/bench/peers/setup.sh` makes an environment that has them; LYMPHLINE_PEERS names it where it is elsewhere.';
  const folder = mkdtempSync(join(tmpdir(), 'lymphline-scores-'));
  try {
    const counts = stackRows(Array.from({length: nCells / piece}, (_, k) => cellsOf(means, k)), nGenes);
    await writeH5ad(join(folder, 'counts.h5ad'), {obs: {index: Array.from({length: nCells}, (_, i) => `c${i}`), columns: new Map()}, var: {index: universe.genes, columns: new Map()}, X: counts});
    writeFileSync(join(folder, 'sets.json'), JSON.stringify(Object.fromEntries(universe.sets.map(({name, columns}) => [name, columns.map((column) => universe.genes[column])]))));
    const done = spawnSync(python, ['-u', join(import.meta.dirname, 'scores_peers.py'), folder], {encoding: 'utf8', timeout: 3_600_000});
    return done.status === 0 ? done.stdout.trimEnd() : `${done.stdout}Peers ended with ${done.error?.message ?? String(done.status)}: ${done.stderr.slice(-1000)}`;
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}
