// The package as a user gets it: packed, installed into an empty directory, run where `node` is the system's Node 20.
import {execFileSync, spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {delimiter, join} from 'node:path';
import {expect, test} from 'vitest';
import {projectRoot} from '../rig/cli.ts';

/** A system `node` below 24 on PATH, which npm itself runs with; undefined where there is none. */
const systemPath = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules')).join(delimiter);
const systemNode = spawnSync('node', ['-p', 'process.versions.node'], {encoding: 'utf8', env: {...process.env, PATH: systemPath}}).stdout?.trim() ?? '';
if (!systemNode.startsWith('20.')) console.log(`The package test runs with the system's Node ${systemNode || '(none)'}: it is not Node 20.`);

test('packed and installed, simulate and run work on the system\'s Node', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lymphline-package-'));
  const environment = {...process.env, PATH: systemPath};
  try {
    const npm = (argv: readonly string[], cwd: string): string => execFileSync('npm', argv, {cwd, encoding: 'utf8', env: environment, timeout: 600_000, stdio: ['ignore', 'pipe', 'pipe']});
    const name = npm(['pack', '--pack-destination', folder], projectRoot).trim().split('\n').at(-1) ?? '';
    writeFileSync(join(folder, 'package.json'), '{"name": "user", "private": true}');
    npm(['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--fetch-retries=5', join(folder, name)], folder);
    const lymphline = (...argv: string[]) => spawnSync(join(folder, 'node_modules/.bin/lymphline'), argv, {cwd: folder, encoding: 'utf8', env: environment, timeout: 600_000});
    expect(lymphline('--version')).toMatchObject({status: 0, stdout: '0.1.0\n'});
    expect(readdirSync(join(folder, 'node_modules/lymphline/dist/steps')).length).toBeGreaterThan(10);
    expect(lymphline('simulate', 'cohort', '--patients', '3', '--cells', '60').status).toBe(0);
    const run = lymphline('run', 'cohort/run.yaml');
    expect(`${run.stderr.slice(-2000)} exit ${String(run.status)}`).toMatch(/exit 0$/);
    expect(existsSync(join(folder, 'cohort/runs/simulated/results/report.html'))).toBe(true);
    expect(lymphline('verify', 'cohort/runs/simulated').status).toBe(0);
    expect(lymphline('bundle', 'cohort/runs/simulated', 'b.zip').status).toBe(0);
    expect(lymphline('reproduce', 'b.zip')).toMatchObject({status: 0, stdout: expect.stringMatching(/All \d+ results that were rebuilt are identical, byte for byte\./) as string});
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}, 1_200_000);
