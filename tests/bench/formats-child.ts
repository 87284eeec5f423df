// One reading or writing in a process of its own, so that its peak memory is its own: `read FILE` or `write FILE TARGET`. Prints a line of JSON.
import {readH5ad, writeH5ad} from '../../pipeline/formats/h5ad.ts';
import {readH5adRows} from '../../pipeline/formats/h5ad-rows.ts';

const [verb, file, target] = process.argv.slice(2);
let [nStored, sum] = [0, 0];
const data = verb === 'write' ? await readH5ad(file) : undefined;
const [started, before] = [performance.now(), process.cpuUsage()];
if (data !== undefined) await writeH5ad(target, data);
else {
  for await (const {counts: {values, indices}} of readH5adRows(file)) {
    nStored += values.length;
    // As the peer does: every value is touched.
    for (let k = 0; k < values.length; k++) sum += values[k] + indices[k];
  }
}
const {user, system} = process.cpuUsage(before);
console.log(JSON.stringify({wall: (performance.now() - started) / 1000, cpu: (user + system) / 1e6, rss_mb: process.resourceUsage().maxRSS / 1024, stored: nStored, sum}));
