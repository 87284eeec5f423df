// The container engines that tests run against: what is on hand here and with which image, or the reason why not. With CI=true a reason is a
// failure, except for Apptainer, whose package is not pinned.
import {spawnSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {describe, test} from 'vitest';
import {chooseEngine} from '../../pipeline/executors/choose-engine.ts';
import type {ContainerEngine} from '../../pipeline/executors/engine.ts';

export type EngineName = Exclude<ContainerEngine['name'], 'none'>;

export interface EngineOnHand {
  readonly engine: ContainerEngine;
  readonly environment: NodeJS.ProcessEnv;
  /** The base image in the engine's own form: an id, or a path. */
  readonly image: string;
}

/** `exports` of a shell, over this process's environment. */
function machineEnvironment(): NodeJS.ProcessEnv {
  const script = resolve(import.meta.dirname, 'machine.sh');
  const {stdout} = spawnSync('bash', ['-c', 'eval "$("$0" env)" && env -0', script], {encoding: 'utf8'});
  return Object.fromEntries(stdout.split('\0').filter((line) => line.includes('=')).map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

let known: NodeJS.ProcessEnv | undefined;
export const engineEnvironment = (): NodeJS.ProcessEnv => (known ??= machineEnvironment());

const advice = 'run `tests/rig/machine.sh up` (Debian 12, root)';

/** `form`: Apptainer starts files (sif) and folders (sandbox). */
export function findEngine(name: EngineName, form: 'sif' | 'sandbox' = 'sif'): EngineOnHand | {readonly reason: string} {
  const environment = engineEnvironment();
  const engine = chooseEngine(name, {uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0});
  const {program = name} = engine;
  const ask = (...argv: string[]): ReturnType<typeof spawnSync> => spawnSync(argv[0], argv.slice(1), {encoding: 'utf8', env: environment, timeout: 120_000});
  if (name === 'docker' || name === 'podman') {
    const {status, stdout, stderr, error} = ask(program, 'image', 'inspect', '--format', '{{.Id}}', 'localhost/lymphline-base:trixie');
    const words = error?.message ?? String(stderr).trim().split('\n').at(-1) ?? '';
    if (status !== 0) return {reason: `${words}; ${advice}`};
    const id = String(stdout).trim();
    return {engine, environment, image: id.startsWith('sha256:') ? id : `sha256:${id}`};
  }
  const {status, error} = ask(program, name === 'apptainer' ? 'version' : '--version');
  if (status !== 0) return {reason: `${error?.message ?? `${program} does not start`}; ${advice}`};
  const image = join(environment['LYMPHLINE_RIG'] ?? '', 'base', `trixie.${name === 'charliecloud' ? 'dir' : form}`);
  return existsSync(image) ? {engine, environment, image} : {reason: `no ${image}; ${advice}`};
}

/** A block of tests with the engine, or one skipped (in CI failed) test that says why not. */
export function describeWithEngine(name: EngineName, body: (on: EngineOnHand) => void, form?: 'sif' | 'sandbox'): void {
  const found = findEngine(name, form);
  if (!('reason' in found)) {
    describe(form === undefined ? name : `${name} (${form})`, () => body(found));
    return;
  }
  const words = `${name} is not on hand: ${found.reason}`;
  if (process.env['CI'] === 'true' && name !== 'apptainer') {
    test(`${name} is on hand`, () => {
      throw new Error(words);
    });
    return;
  }
  console.warn(words);
  test.skip(words, () => {});
}
