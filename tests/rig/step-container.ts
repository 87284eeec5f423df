// One step in its image, started as a run starts it, with the first container engine on hand that has the image.
import {randomUUID} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {describe, test} from 'vitest';
import {failureText} from '../../pipeline/console/failure-text.ts';
import {readImages} from '../../pipeline/config/read-images.ts';
import {askEngine, chooseEngine} from '../../pipeline/executors/choose-engine.ts';
import type {ContainerEngine, EngineRequest} from '../../pipeline/executors/engine.ts';
import {findImage} from '../../pipeline/executors/find-image.ts';
import {localLauncher} from '../../pipeline/executors/local.ts';
import {runContained} from '../../pipeline/executors/run-contained.ts';
import {startWatchdog} from '../../pipeline/executors/watchdog.ts';
import type {FoundImage} from '../../pipeline/model/image.ts';
import {attemptFolder} from '../../pipeline/record/run-directory.ts';
import {engineEnvironment, type EngineName} from './engines.ts';
import {writeJob, type StepRequest, type StepRun} from './run-step.ts';

const root = resolve(import.meta.dirname, '../..');

export interface StepContainer {
  readonly engine: ContainerEngine;
  readonly image: FoundImage;
}

/** With the first engine that has the image, or why there is none. */
export async function findStepContainer(name: string): Promise<StepContainer | {readonly reason: string}> {
  const reasons: string[] = [];
  for (const engine of ['docker', 'podman', 'charliecloud', 'apptainer'] as const) {
    const found = await findInEngine(name, engine);
    if (!('reason' in found)) return found;
    reasons.push(found.reason);
  }
  return {reason: `no engine has the image ${name} (${reasons.join('; ')})`};
}

export async function findInEngine(name: string, engineName: EngineName): Promise<StepContainer | {readonly reason: string}> {
  const environment = engineEnvironment();
  const images = await readImages(root);
  if (!images.ok) throw new Error(JSON.stringify(images.error));
  const entry = images.value.get(name);
  if (entry === undefined) throw new Error(`containers/images.yaml has no ${name}`);
  const answer = await askEngine(engineName, environment);
  if ('words' in answer) return {reason: `${engineName}: ${answer.words}`};
  const engine = chooseEngine(engineName, {uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0});
  const found = await findImage({entry, engine, store: environment['LYMPHLINE_IMAGES'] ?? '', environment});
  return found.ok ? {engine, image: found.value} : {reason: `${engineName}: ${failureText(found.error)}`};
}

export async function runStepInContainer(on: StepContainer, step: string, folder: string, request: StepRequest): Promise<StepRun> {
  const {contract, jobPath, job, read} = writeJob(step, folder, request);
  const [program, ...args] = contract.command;
  const node = on.image.node === 'image' ? 'node' : process.execPath;
  const code = ['pipeline', 'steps', 'configs', 'node_modules', 'package.json'].map((name) => join(root, name));
  const {status, log} = await runInContainer(on, {
    argv: [program === 'node' ? node : program, ...args.map((word) => join(root, 'steps', step, word)), jobPath], folder,
    readable: [...code, ...(on.image.node === 'host' ? [process.execPath] : []), ...Object.values(job.inputs).flat().map(({path}) => path)],
    environment: {LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', TZ: 'UTC', ...request.environment}, limits: job.limits,
  });
  return read(status, log);
}

/** One command in the image, `folder` the only place where it can write; `log` is what it said. */
export async function runInContainer({engine, image}: StepContainer, command: Pick<EngineRequest, 'argv' | 'folder' | 'readable' | 'environment' | 'limits'>): Promise<{status: number | null; log: string}> {
  const clientEnvironment = engineEnvironment();
  const watchdog = startWatchdog(clientEnvironment);
  const logPath = join(command.folder, 'log.txt');
  const contained: EngineRequest = {...command, image: image.place, writable: [command.folder], name: `lymphline-test-${randomUUID()}`, run: `test-${process.pid}`};
  const end = await runContained({engine, launcher: localLauncher, clientEnvironment, watchdog}, contained, {argv: engine.wrap(contained), files: attemptFolder(command.folder, 1), logPath, timeoutSeconds: 600, graceSeconds: 5});
  watchdog.end();
  const log = readFileSync(logPath, 'utf8');
  return end.kind === 'exit' ? {status: end.exitCode, log} : {status: null, log: `${JSON.stringify(end)}\n${log}`};
}

/** Tests in the image, or one skipped (with CI=true failed) test that says why not. `isOptional`: images that CI cannot have. */
export async function describeInImage(name: string, body: (on: StepContainer) => void, isOptional = false): Promise<void> {
  const on = await findStepContainer(name);
  if (!('reason' in on)) {
    describe(`in ${on.engine.name}, image ${name}`, () => body(on));
    return;
  }
  if (process.env['CI'] === 'true' && !isOptional) {
    test(`the image ${name} is on hand`, () => {
      throw new Error(on.reason);
    });
    return;
  }
  console.log(`Tests in the image ${name} are skipped: ${on.reason}.`);
  test.skip(`in the image ${name}: ${on.reason}`, () => {});
}
