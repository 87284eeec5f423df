// Cohorts without any effect, but with the depth difference: three seeds here, twenty in `npm run bench -- null`.
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {nullCalls} from '../rig/null-calls.ts';

test('at most one of three cohorts without effects has a call among its primary signatures', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lymphline-null-'));
  try {
    const calls = [101, 102, 103].map((seed) => nullCalls(folder, seed));
    expect(calls.filter((names) => names.length > 0).length, calls.flat().join(', ')).toBeLessThanOrEqual(1);
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}, 1_200_000);
