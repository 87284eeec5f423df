// Twenty cohorts without effects whose depth differs 1.6-fold: in how many is anything called among the primary signatures? Goal: at most 3.
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {nullCalls} from '../rig/null-calls.ts';

const nSeeds = 20;

export async function benchNull(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'lymphline-null-'));
  const started = performance.now();
  let nCalled = 0;
  try {
    for (let seed = 1; seed <= nSeeds; seed++) {
      const calls = nullCalls(folder, seed);
      if (calls.length > 0) nCalled++;
      console.log(calls.length === 0 ? `seed ${seed}: no call` : calls.join('\n'));
    }
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
  return `null: ${nCalled} of ${nSeeds} cohorts without effects have a call (goal: at most 3), ${((performance.now() - started) / 1000).toFixed(0)} s`;
}
