// The RO-Crate validator from PyPI, in a virtual environment of the test machine.
import {spawnSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {engineEnvironment} from './engines.ts';

const script = resolve(import.meta.dirname, 'validate-ro-crate.py');

/** `missing`: what to do where it is not there. */
export function roCrateValidator(): {readonly validate: (profile: string, crate: string) => string} | {readonly missing: string} {
  const folder = join(engineEnvironment()['LYMPHLINE_RIG'] ?? '', 'ro-crate');
  if (!existsSync(join(folder, 'complete'))) return {missing: 'roc-validator (`tests/rig/machine.sh up ro-crate`)'};
  return {
    /** One issue a line, then `valid` or `invalid`. */
    validate: (profile, crate) => {
      const run = spawnSync(join(folder, 'bin/python'), [script, profile, crate], {encoding: 'utf8', timeout: 120_000});
      if (run.status !== 0) throw new Error(run.stderr);
      return run.stdout.trim();
    },
  };
}
