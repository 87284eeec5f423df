// Doublets planted in real cells (Kang 2018) and those of simulated samples: what our score finds, and what Scrublet finds in the same files where a Python
// with it is at hand (peers/setup.sh makes one).
import {spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {randomStream} from '../../pipeline/base/random.ts';
import {selectRows, type SparseMatrix} from '../../pipeline/data/matrix.ts';
import {readTable} from '../../pipeline/formats/delimited-text.ts';
import {writeH5ad} from '../../pipeline/formats/h5ad.ts';
import {readTenxH5} from '../../pipeline/formats/tenx-h5.ts';
import {scoreDoublets} from '../../steps/qc/score-doublets.ts';
import {runCli} from '../rig/cli.ts';
import {auroc, foundIn, meanFound, plantDoublets, type PlantedWell} from '../rig/planted-doublets.ts';
import {sharedData} from '../rig/shared-data.ts';

const python = join(process.env['LYMPHLINE_PEERS'] ?? join(import.meta.dirname, 'peers/venv'), 'bin/python');

export async function benchDoublets(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'lymphline-doublets-'));
  try {
    if (sharedData === undefined) console.log('Kang 2018 is skipped: no LYMPHLINE_DATA and no ../shared/data.');
    else await benchPlanted(folder);
    await benchSimulated(folder);
  } finally {
    rmSync(folder, {recursive: true});
  }
  return existsSync(python) ? '' : 'Scrublet was not run: `sh tests/bench/peers/setup.sh` makes an environment that has it; LYMPHLINE_PEERS names it where it is elsewhere.';
}

async function benchPlanted(folder: string): Promise<void> {
  console.log('Kang 2018 with 10 % pairs added: AUROC across lineages / over all');
  for (const column of [undefined, 'condition', 'sample'] as const) {
    for (const thin of [1, 0.65]) {
      const wells = await plantDoublets(thin, column);
      const found = async (score: (well: PlantedWell) => Promise<ArrayLike<number> | null>): Promise<string> => {
        const all = [];
        for (const well of wells) {
          const scores = await score(well);
          if (scores === null) return 'not run';
          all.push(foundIn(well, scores));
        }
        const {across, all: over} = meanFound(all);
        return `${across.toFixed(3)} / ${over.toFixed(3)}`;
      };
      const name = `${column === undefined ? 'as one' : `by ${column}`} (${wells.length}), ${thin === 1 ? 'summed' : `thinned to ${100 * thin} %`}`;
      console.log(`  ${name.padEnd(34)} ours ${await found((well) => ours(well.counts, 0.1))}   Scrublet ${await found((well) => scrublet(folder, well.counts, 0.1))}`);
    }
  }
}

async function benchSimulated(folder: string): Promise<void> {
  const cohort = join(folder, 'cohort');
  const made = runCli(['simulate', cohort, '--patients', '1', '--cells', '600']);
  if (made.status !== 0) throw new Error(`simulate ended with ${made.status}: ${made.stderr}`);
  const truth = new Map(readTable(join(cohort, 'truth/cells.tsv.gz')).rows.map((cell) => [String(cell['cell_id']), String(cell['kind'])]));
  console.log('Simulated samples (one lineage or two in a doublet): AUROC over all');
  for (const file of readdirSync(join(cohort, 'matrices')).sort()) {
    const {counts, barcodes} = await readTenxH5(join(cohort, 'matrices', file));
    const kinds = barcodes.map((barcode) => truth.get(`${file.replace('.h5', '')}_${barcode}`));
    const rows = [...kinds.keys()].filter((row) => kinds[row] === 'singlet' || kinds[row] === 'doublet');
    const own = selectRows(counts, rows);
    const area = (scores: ArrayLike<number> | null): string => (scores === null ? 'not run'
      : auroc(...(['doublet', 'singlet'].map((kind) => rows.flatMap((row, k) => (kinds[row] === kind ? [scores[k]] : []))) as [number[], number[]])).toFixed(3));
    console.log(`  ${file.padEnd(34)} ours ${area(await ours(own, 0.06))}   Scrublet ${area(await scrublet(folder, own, 0.06))}`);
  }
}

const ours = async (counts: SparseMatrix, expectedRate: number): Promise<Float64Array> => (await scoreDoublets(counts, {expectedRate, random: randomStream(1, 'doublets'), threads: 1})).scores;

async function scrublet(folder: string, counts: SparseMatrix, expectedRate: number): Promise<number[] | null> {
  if (!existsSync(python)) return null;
  const [input, output] = [join(folder, 'counts.h5ad'), join(folder, 'scores.tsv')];
  const names = (prefix: string, n: number): string[] => Array.from({length: n}, (_, k) => `${prefix}${k}`);
  await writeH5ad(input, {obs: {index: names('c', counts.nRows), columns: new Map()}, var: {index: names('g', counts.nColumns), columns: new Map()}, X: counts});
  const done = spawnSync(python, [join(import.meta.dirname, 'peers/scrublet_scores.py'), input, output, String(expectedRate)], {encoding: 'utf8'});
  if (done.status !== 0) throw new Error(`Scrublet ended with ${done.status}: ${done.stderr}`);
  return readFileSync(output, 'utf8').trim().split('\n').map((line) => Number(line.split('\t')[0]));
}
