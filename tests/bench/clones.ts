// Clones of simulated B cells, from the AIRR table to the partition: seconds and memory beside scirpy in the same run, and whether the partitions are
// equal. Then how often a change of a clone is found, by its size.
import {spawnSync} from 'node:child_process';
import {closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {trackClones} from '../../pipeline/analysis/clone-tracking.ts';
import {drawMultinomial} from '../../pipeline/analysis/multinomial.ts';
import {randomStream, type Random} from '../../pipeline/base/random.ts';

const here = import.meta.dirname;
const peers = join(process.env['LYMPHLINE_PEERS'] ?? join(here, 'peers/venv'), 'bin/python');
const ruleWords: Readonly<Record<string, string>> = {identity: 'nt identity', normalized_hamming: 'Hamming 15 %, V, J', default: 'our default rule'};

interface Measured {
  readonly read: number;
  readonly chains: number;
  readonly clones: number;
  /** Of all its threads and processes, since other work on a machine stretches the seconds. */
  readonly cpu: number;
  readonly mb: number;
}

export async function benchClones(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'lymphline-bench-clones-'));
  try {
    const hasPeers = existsSync(peers);
    console.log(`rule                  cells      read  chains  clones   total s  cpu s    MB${hasPeers ? '   scirpy s  cpu s    MB  times faster (cpu)  partition' : ''}`);
    if (!hasPeers) console.log('(scirpy beside it: sh tests/bench/peers/setup.sh)');
    const summary: string[] = [];
    for (const nCells of [5_000, 20_000, 100_000, 1_000_000]) {
      const table = join(folder, `${nCells}.tsv`);
      writeCells(table, nCells, randomStream(1, `bench ${nCells}`));
      // Reading a million cells in scirpy needs more memory than most machines have.
      for (const rule of nCells > 100_000 ? ['default'] : ['identity', 'normalized_hamming', 'default']) {
        const own = measure([process.execPath, '--max-old-space-size=12000', join(here, 'clones-once.ts'), table, join(folder, 'own.tsv'), rule]);
        const total = totalOf(own);
        let line = `${ruleWords[rule].padEnd(18)} ${String(nCells).padStart(8)} ${[own.read, own.chains, own.clones].map((value) => value.toFixed(2).padStart(7)).join(' ')} ${total.toFixed(2).padStart(9)} ${own.cpu.toFixed(2).padStart(6)} ${own.mb.toFixed(0).padStart(5)}`;
        if (hasPeers && rule !== 'default') {
          const theirs = measure([peers, join(here, 'peers/scirpy_clones.py'), table, join(folder, 'scirpy.tsv'), rule]);
          const isEqual = setsOf(join(folder, 'own.tsv')) === setsOf(join(folder, 'scirpy.tsv'));
          line += ` ${totalOf(theirs).toFixed(2).padStart(10)} ${theirs.cpu.toFixed(2).padStart(6)} ${theirs.mb.toFixed(0).padStart(5)} ${`${(totalOf(theirs) / total).toFixed(1)} (${(theirs.cpu / own.cpu).toFixed(1)})`.padStart(19)}  ${isEqual ? 'equal' : 'DIFFERS'}`;
          if (nCells === 100_000) summary.push(`${ruleWords[rule]}: ${(totalOf(theirs) / total).toFixed(1)} times scirpy, partition ${isEqual ? 'equal' : 'DIFFERS'}`);
        }
        console.log(line);
        if (nCells >= 100_000 && rule === 'default') summary.push(`${nCells} cells in ${total.toFixed(1)} s, ${own.mb.toFixed(0)} MB`);
      }
    }
    console.log(`\nshare of 300 pairs in which a clone of 2 % is called, 600 cells on each side, 100 clones tested\n${powerCurve().map(([fold, share]) => `${fold} times: ${share.toFixed(2)}`).join('   ')}`);
    return `clones: ${summary.join('; ')}`;
  } finally {
    rmSync(folder, {recursive: true});
  }
}

const totalOf = ({read, chains, clones}: Measured): number => read + chains + clones;

function measure([program, ...args]: readonly string[]): Measured {
  const done = spawnSync(program, args, {encoding: 'utf8', maxBuffer: 1e8});
  if (done.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${done.stderr}`);
  return JSON.parse(done.stdout.trim().split('\n').at(-1) ?? '') as Measured;
}

/** One text for one partition, whatever its labels are. */
function setsOf(path: string): string {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n').map((line) => line.split('\t'));
  return [...Map.groupBy(lines, ([, clone]) => clone).values()].map((own) => own.map(([cell]) => cell).sort().join(' ')).sort().join('\n');
}

/**
 * Families of heavy-tailed size (nine of ten are one cell), at most 4 % of the cells each; heavy chains of a family differ by up to 4 % of their
 * junction; 8 % of the cells lack the light chain, 6 % the heavy, 7 % have a second light chain.
 */
function writeCells(path: string, nCells: number, random: Random): void {
  const file = openSync(path, 'w');
  writeSync(file, ['sequence_id', 'cell_id', 'productive', 'locus', 'v_call', 'j_call', 'c_call', 'junction', 'junction_aa', 'd_call', 'umi_count', 'consensus_count', 'sequence', 'sequence_alignment', 'rev_comp'].join('\t') + '\n');
  let lines: string[] = [];
  for (let cell = 0; cell < nCells; ) {
    const size = random.uniform() < 0.9 ? 1 : Math.min(Math.floor(random.uniform() ** (-1 / 0.9)), Math.max(1, Math.floor(nCells * 0.04)), nCells - cell);
    const [heavy, light] = [drawChain('IGH', random), drawChain(random.uniform() < 0.6 ? 'IGK' : 'IGL', random)];
    const rate = random.uniform() * 0.04;
    for (let k = 0; k < size; k++, cell++) {
      const hasHeavy = random.uniform() > 0.06;
      const chains = [...(hasHeavy ? [{...heavy, junction: mutate(heavy.junction, rate, random)}] : []), ...(random.uniform() > 0.08 || !hasHeavy ? [light] : []), ...(random.uniform() < 0.07 ? [drawChain('IGK', random)] : [])];
      chains.forEach(({locus, v, j, junction}, at) => lines.push([`c${cell}_${at}`, `c${cell}`, 'T', locus, v, j, '', junction, 'CAF', '', String(1 + random.integer(12)), String(1 + random.integer(900)), '', '', 'F'].join('\t')));
    }
    if (lines.length > 50_000 || cell >= nCells) {
      writeSync(file, `${lines.join('\n')}\n`);
      lines = [];
    }
  }
  closeSync(file);
}

interface Drawn {
  readonly locus: string;
  readonly v: string;
  readonly j: string;
  readonly junction: string;
}

function drawChain(locus: 'IGH' | 'IGK' | 'IGL', random: Random): Drawn {
  const [nV, nJ, mean] = {IGH: [55, 6, 16], IGK: [40, 5, 10], IGL: [35, 4, 10]}[locus];
  const nCodons = Math.min(26, Math.max(7, Math.round(mean + 2 * random.normal())));
  const junction = `TGT${Array.from({length: 3 * nCodons}, () => 'ACGT'[random.integer(4)]).join('')}${locus === 'IGH' ? 'TGG' : 'TTC'}`;
  // Few V genes are common and many rare.
  return {locus, v: `${locus}V${Math.min(nV, Math.floor(random.uniform() ** (-1 / 0.3)))}*01`, j: `${locus}J${1 + random.integer(nJ)}*01`, junction};
}

function mutate(junction: string, rate: number, random: Random): string {
  return [...junction].map((base, k) => (k < 3 || k >= junction.length - 3 || random.uniform() >= rate ? base : 'ACGT'[random.integer(4)])).join('');
}

/** A clone of 2 % before, `fold` times that after, beside 99 others of heavy-tailed shares. */
function powerCurve(): [number, number][] {
  const random = randomStream(1, 'power');
  return [0.1, 0.25, 0.5, 1, 2, 3, 4, 6, 8].map((fold) => {
    let found = 0;
    for (let pair = 0; pair < 300; pair++) {
      const others = Array.from({length: 99}, () => (random.uniform() + 0.01) ** -1.2);
      const sum = others.reduce((a, b) => a + b);
      const side = (share: number): Map<string, number> => new Map(drawMultinomial([share, ...others.map((own) => (own / sum) * (1 - share))], 600, random).map((count, k) => [`c${k}`, count]));
      if (trackClones(side(0.02), side(0.02 * fold)).find((row) => row.clone_id === 'c0')?.verdict !== 'not-distinguishable') found++;
    }
    return [fold, found / 300];
  });
}
