// npm run bench [-- PART]: speed and memory, printed. Every figure stands beside a floor or a peer of the same run, because machines differ.
import {parseArgs} from 'node:util';
import {benchCalibration} from './calibration.ts';
import {benchClones} from './clones.ts';
import {benchContainers} from './containers.ts';
import {benchDoublets} from './doublets.ts';
import {benchDurability} from './durability.ts';
import {benchEngine} from './engine.ts';
import {benchFormats, benchLarge} from './formats.ts';
import {benchNull} from './null.ts';
import {benchPeers} from './peers.ts';
import {benchScores} from './scores.ts';
import {benchSlurm} from './slurm-peers.ts';

const parts: Readonly<Record<string, () => Promise<string>>> = {
  clones: benchClones, containers: benchContainers, doublets: benchDoublets, durability: benchDurability, engine: benchEngine, null: benchNull, peers: benchPeers, scores: benchScores,
  calibration: benchCalibration,
};
const {positionals} = parseArgs({allowPositionals: true});
/** Half an hour and more, or a cluster and minutes of waiting: only by their name. */
const longParts: Readonly<Record<string, () => Promise<string>>> = {formats: benchFormats, large: benchLarge, slurm: benchSlurm};
const all = {...parts, ...longParts};
const wanted = positionals.length > 0 ? positionals : Object.keys(parts);
const unknown = wanted.filter((name) => !Object.hasOwn(all, name));
if (unknown.length > 0) {
  console.error(`There is no part ${unknown.join(', ')}. Parts: ${Object.keys(all).join(' ')}.`);
  process.exit(2);
}
for (const name of wanted) {
  console.log(`== ${name}`);
  console.log(await all[name]());
}
