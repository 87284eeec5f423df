// Where a step whose programs are not ours can run on this machine: in its image, by the first engine that has it, or by the programs on
// PATH. LYMPHLINE_PYTHON names the Python that comes first there.
import {existsSync, readFileSync} from 'node:fs';
import {delimiter, dirname, join, resolve} from 'node:path';
import {readImages} from '../../pipeline/config/read-images.ts';
import {askEngine, chooseEngine} from '../../pipeline/executors/choose-engine.ts';
import type {ContainerEngine, Environment} from '../../pipeline/executors/engine.ts';
import {findImage} from '../../pipeline/executors/find-image.ts';
import {localLauncher} from '../../pipeline/executors/local.ts';
import {noEngine} from '../../pipeline/executors/none.ts';
import {runContained} from '../../pipeline/executors/run-contained.ts';
import {askToolVersion} from '../../pipeline/executors/tool-version.ts';
import {startWatchdog} from '../../pipeline/executors/watchdog.ts';
import {chosenVariant, type StepContract} from '../../pipeline/model/step-contract.ts';
import {prepareStep, problemIn, readContract, type StepRequest, type StepRun} from './run-step.ts';

const root = resolve(import.meta.dirname, '../..');

export interface StepPlace {
  readonly engine: ContainerEngine;
  /** As the engine knows it; '' on PATH. */
  readonly image: string;
  /** On PATH, the environment that finds the programs. */
  readonly environment: Environment;
}

/** Undefined where neither the image nor the programs are here. Engines that start from a folder or a file come first: they load nothing. */
export async function findStepPlace(step: string, params: Readonly<Record<string, unknown>>): Promise<StepPlace | undefined> {
  const contract = chosenVariant(readContract(step), params);
  const store = process.env['LYMPHLINE_IMAGES'];
  const images = await readImages(root);
  const entry = images.ok ? images.value.get(contract.container) : undefined;
  if (store === undefined || entry === undefined) return onPath(contract);
  for (const name of ['charliecloud', 'apptainer', 'podman', 'docker'] as const) {
    if ('words' in (await askEngine(name, process.env))) continue;
    const engine = chooseEngine(name, {uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0});
    const found = await findImage({entry, engine, store, environment: process.env});
    if (found.ok) return {engine, image: found.value.place, environment: {}};
  }
  return onPath(contract);
}

async function onPath(contract: StepContract): Promise<StepPlace | undefined> {
  const python = process.env['LYMPHLINE_PYTHON'];
  const {PATH = '', HOME, TMPDIR} = process.env;
  const environment = {PATH: python === undefined ? PATH : `${dirname(resolve(python))}${delimiter}${PATH}`, HOME, TMPDIR, LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8'};
  for (const tool of contract.tools ?? []) {
    const {version, isThere} = await askToolVersion(tool, environment);
    if (!isThere || !new RegExp(tool.accepts).test(version)) return undefined;
  }
  return {engine: noEngine, image: '', environment};
}

/** As `runStepFolder`, there. */
export async function runStepAt({engine, image, environment}: StepPlace, step: string, folder: string, request: StepRequest): Promise<StepRun> {
  const {job, argv, home} = prepareStep(step, folder, request);
  const watchdog = startWatchdog(process.env);
  const log = `${folder}.log`;
  const {end, removed} = await runContained({launcher: localLauncher, engine, clientEnvironment: process.env, watchdog}, {
    argv: argv.map((word) => (existsSync(join(home, word)) ? join(home, word) : word)), image, folder,
    readable: [join(root, 'steps'), ...Object.values(job.inputs).flat().map(({path}) => path)], writable: [folder],
    environment, limits: job.limits, name: `lymphline-test-${process.pid}-${String(Date.now())}-${step}`, run: `test-${process.pid}`,
  }, {logPath: log, timeoutSeconds: 600, graceSeconds: 5});
  await removed;
  watchdog.end();
  return {status: end.kind === 'exit' ? end.exitCode : null, stderr: readFileSync(log, 'utf8'), outputs: job.outputs, problem: problemIn(folder)};
}
