// Every anndata on hand: virtual environments of the test machine, the Python that LYMPHLINE_PYTHON names, and the image scanpy.
import {spawnSync} from 'node:child_process';
import {existsSync, readdirSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {engineEnvironment} from './engines.ts';
import {findStepContainer, runInContainer} from './step-container.ts';

const script = resolve(import.meta.dirname, 'anndata-words.py');

export interface AnndataOnHand {
  readonly name: string;
  /** What it finds in each file of `folder`, written again as `other` where that is named. */
  readonly words: (folder: string, files: readonly {readonly path: string; readonly other?: string}[]) => Promise<readonly unknown[]>;
}

/** `missing`: what CI has to have and is not there. */
export async function anndataOnHand(): Promise<{readonly found: readonly AnndataOnHand[]; readonly missing: readonly string[]}> {
  const found: AnndataOnHand[] = [];
  const missing: string[] = [];
  const own = process.env['LYMPHLINE_PYTHON'];
  if (own !== undefined && spawnSync(own, ['-c', 'import anndata']).status === 0) found.push({name: own, words: async (_, files) => wordsOf(own, files)});
  const environments = join(engineEnvironment()['LYMPHLINE_RIG'] ?? '', 'anndata');
  const versions = existsSync(environments) ? readdirSync(environments) : [];
  for (const version of ['0.8', '0.12']) {
    const python = join(environments, version, 'bin/python');
    if (versions.includes(version) && existsSync(join(environments, version, 'complete'))) found.push({name: `anndata ${version}`, words: async (_, files) => wordsOf(python, files)});
    else missing.push(`anndata ${version} (\`tests/rig/machine.sh up anndata\`)`);
  }
  const on = await findStepContainer('scanpy');
  if ('reason' in on) missing.push(`anndata 0.13 (${on.reason})`);
  else {
    found.push({
      name: 'anndata 0.13 in the image scanpy',
      words: async (folder, files) => {
        const {status, log} = await runInContainer(on, {argv: ['python3', script, ...argumentsOf(files)], folder, readable: [script], environment: {LANG: 'C.UTF-8', HOME: '/tmp'}, limits: {cpus: 1, memory_gb: 2}});
        if (status !== 0) throw new Error(log);
        return JSON.parse(log.split('\n').find((line) => line.startsWith('[{')) ?? '') as unknown[];
      },
    });
  }
  return {found, missing};
}

function wordsOf(python: string, files: Parameters<AnndataOnHand['words']>[1]): unknown[] {
  const run = spawnSync(python, [script, ...argumentsOf(files)], {encoding: 'utf8', maxBuffer: 1 << 28});
  if (run.status !== 0) throw new Error(run.stderr);
  return JSON.parse(run.stdout) as unknown[];
}

const argumentsOf = (files: Parameters<AnndataOnHand['words']>[1]): string[] => files.map(({path, other}) => (other === undefined ? path : `${path}=${other}`));
