// Preloaded (NODE_OPTIONS=--import) into every Node of a bench: its cpu seconds and peak memory, a line of JSON in LYMPHLINE_BENCH_SPENT when it ends.
import {appendFileSync} from 'node:fs';
import {isMainThread} from 'node:worker_threads';

const file = process.env['LYMPHLINE_BENCH_SPENT'];
if (file !== undefined && isMainThread) {
  process.on('exit', () => {
    const {userCPUTime, systemCPUTime, maxRSS} = process.resourceUsage();
    appendFileSync(file, `${JSON.stringify({program: process.argv[1], job: process.argv[2], wall: performance.now() / 1000, cpu: (userCPUTime + systemCPUTime) / 1e6, rss_mb: maxRSS / 1024})}\n`);
  });
}
