// lymphline reproduce
import {existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {basename, join, relative, resolve} from 'node:path';
import {readStepContracts} from '../config/read-step-contracts.ts';
import type {StepContract} from '../model/step-contract.ts';
import {bundleNames} from '../record/bundle.ts';
import {runDirectory, type RunDirectory} from '../record/run-directory.ts';
import type {FinishedOutputs} from '../schedule/job-request.ts';
import {chooseRebuilt, type Rebuilt} from './choose-rebuilt.ts';
import {exitCodes, publishedDigest, textOption, UsageError, type Command, type CommandContext} from './command.ts';
import {printFailures} from './failures.ts';
import {layInputs, openBundle, type Study} from './lay-out-study.ts';
import {prepareRun, runOptions, type PreparedRun} from './prepare-run.ts';
import {reproductionFacts, type ToldFacts} from './reproduction-facts.ts';
import {runPrepared} from './run-prepared.ts';
import {runToolStep} from './tool-job.ts';

const {only: _only, until: _until, ...options} = runOptions;

export const reproduceCommand: Command = {
  help: `
lymphline reproduce BUNDLE [--inputs DIR] [--run-dir DIR] [--digest SHA256] [--profile NAME|FILE] [--set PATH=VALUE]… [--cores N] [--memory GB] [--json]

Makes the results of a bundle (zip or folder) again in an empty folder, without any cache, and says of every table and figure: identical, within
tolerance or different, where and by how much. What changed in an input, a parameter, a program or the source is named. It begins as early as what
is at hand allows: at the inputs (in the bundle, or found by digest below --inputs), else at the tables that the bundle holds; without any of them
the figures are drawn again from their tables. Exit code 0: nothing differs. The page is reproduction.html in the run directory.

  --inputs DIR      where inputs lie that the bundle lacks
  --run-dir DIR     default: <bundle>-reproduced in this folder
  --digest SHA256   the published digest: of bundle.json, as \`bundle\` and \`verify\` print it

example: lymphline reproduce demo.zip --inputs data --run-dir again
`,
  options: {...options, inputs: {type: 'string'}, digest: {type: 'string'}, json: {type: 'boolean'}, quiet: {type: 'boolean'}},
  takes: [1, 1],
  async run(context) {
    const [name] = context.positionals;
    const path = resolve(context.folder, name);
    if (!existsSync(path)) throw new UsageError(`${name} does not exist.`);
    publishedDigest(context);
    const inputs = textOption(context, 'inputs');
    if (inputs !== undefined && !statSync(resolve(context.folder, inputs), {throwIfNoEntry: false})?.isDirectory()) throw new UsageError(`--inputs ${inputs} is no folder.`);
    const root = resolve(context.folder, textOption(context, 'run-dir') ?? `${basename(path).replace(/\.zip$/i, '')}-reproduced`);
    if (existsSync(root) && (!statSync(root).isDirectory() || readdirSync(root).length > 0)) throw new UsageError(`${relative(context.folder, root) || root} is not empty. Results are made again from nothing: name an empty or a new folder with --run-dir.`);
    const contracts = await readStepContracts(context.codeRoot);
    if (!contracts.ok) return printFailures(context, contracts.error);
    const directory = runDirectory(root);
    mkdirSync(directory.study, {recursive: true});
    const opened = await openBundle(path, directory.study);
    if (!opened.ok) {
      rmSync(root, {recursive: true});
      context.screen.write(`${name} is no bundle that can be reproduced: ${opened.error}.\n    A bundle is what \`lymphline bundle\` writes; ask for it again if it was damaged on its way.\n`);
      return exitCodes.invalid;
    }
    const study = {...opened.value, inputs: await layInputs(opened.value, inputs === undefined ? undefined : resolve(context.folder, inputs))};
    return reproduce(context, {directory, study, contracts: contracts.value});
  },
};

interface Scene {
  readonly directory: RunDirectory;
  readonly study: Study;
  readonly contracts: readonly StepContract[];
}

async function reproduce(context: CommandContext, scene: Scene): Promise<number> {
  const {directory, study} = scene;
  tellStudy(context, study);
  const absent = new Set(study.inputs.filter(({status}) => status === 'missing').map(({path}) => join(directory.study, path)));
  let rebuilt: Rebuilt = {jobs: [], taken: new Map(), left: new Map()};
  let nPlanned = 0;
  const own = {...context, environment: {...context.environment, LYMPHLINE_CACHE: directory.ownCache}, options: {...context.options, 'run-dir': directory.root, 'no-findings': true}};
  const prepared = await prepareRun(own, join(directory.study, bundleNames.runFile), (jobs) => {
    nPlanned = jobs.length;
    rebuilt = chooseRebuilt(jobs, {published: study.bundle.jobs, isThere: ({path}) => !absent.has(resolve(directory.study, path)), shortName: basename});
    return rebuilt.jobs;
  });
  if (!prepared.ok) {
    // Nothing but the unpacked bundle is there: the next try finds the folder as this one did.
    rmSync(directory.root, {recursive: true});
    return printFailures(context, prepared.error);
  }
  const given = await outputsOf(prepared.value, scene, rebuilt);
  const code = prepared.value.requests.length === 0 ? exitCodes.done : await runPrepared(own, prepared.value, given);
  if (code === exitCodes.busy || context.signal.aborted) return code;
  const facts = reproductionFacts(context, {...scene, prepared: prepared.value, rebuilt, nPlanned});
  return compare(context, scene, facts);
}

function tellStudy(context: CommandContext, {bundle, unsealed, inputs}: Study): void {
  const tell = (text: string): void => context.screen.write(`${text}\n`);
  tell(`${bundle.seal.name}, made with Lymphline ${bundle.seal.version}: ${bundle.seal.files.length} files, ${unsealed.length === 0 ? 'all as the seal says' : `${unsealed.length} not as the seal says`}.`);
  for (const {path, kind} of unsealed) tell(`  ${kind}: ${path}`);
  const n = (status: string): number => inputs.filter((input) => input.status === status).length;
  tell(`Inputs: ${n('bundled')} in the bundle, ${n('found')} found by digest, ${n('changed')} changed, ${n('missing')} not at hand.`);
  for (const {path, status, words} of inputs) if (status === 'changed') tell(`  changed: ${basename(path)}: ${words}`);
}

/** Outputs of the bundle that stand in for jobs that cannot run here. */
async function outputsOf({memo}: PreparedRun, {directory, study}: Scene, {taken}: Rebuilt): Promise<Map<string, FinishedOutputs>> {
  const given = new Map<string, FinishedOutputs>();
  for (const [id, names] of taken) {
    const record = study.bundle.jobs.find((job) => job.id === id);
    const outputs: Record<string, FinishedOutputs[string]> = {};
    for (const name of names) {
      const path = join(directory.study, record?.outputs[name]?.file ?? '');
      outputs[name] = {path, ...(await memo.digest(path))};
    }
    given.set(id, outputs);
  }
  return given;
}

interface ComparedFile {
  readonly verdict: string;
  readonly sentence: string;
  readonly results: readonly {readonly path: string; readonly kind: string; readonly status: string; readonly words: string}[];
}

async function compare(context: CommandContext, {directory, study, contracts}: Scene, facts: ToldFacts): Promise<number> {
  const step = contracts.find(({name}) => name === 'compare-results');
  if (step === undefined) throw new Error('the compare-results step is not there');
  mkdirSync(directory.comparison);
  const factsPath = join(directory.comparison, 'facts.json');
  writeFileSync(factsPath, `${JSON.stringify(facts, undefined, 1)}\n`);
  const run = await runToolStep(context, {step, params: {published: join(directory.study, bundleNames.results), again: directory.results, facts: factsPath}, seed: 1, folder: directory.comparison});
  if (run.code !== exitCodes.done) return run.code;
  renameSync(run.outputs['page'], directory.reproduction);
  const compared = JSON.parse(readFileSync(run.outputs['comparison'], 'utf8')) as ComparedFile;
  const digest = publishedDigest(context);
  const isPublished = digest === undefined || digest === study.seal;
  if (context.options['json'] === true) context.out(`${JSON.stringify({...compared, seal: study.seal, isPublished, unsealed: study.unsealed, inputs: study.inputs, causes: facts.causes}, undefined, 1)}\n`);
  else {
    for (const {words, jobs} of facts.causes) context.out(`changed: ${words} (${jobs.slice(0, 3).join(', ')}${jobs.length > 3 ? ` and ${jobs.length - 3} more` : ''})\n`);
    for (const {path, status, words} of compared.results) context.out(`${(status === 'within' ? 'within tolerance' : status.replace('-', ' ')).padEnd(17)}${path}${words === '' ? '' : `: ${words}`}\n`);
    if (facts.jobs.failed > 0) context.out(`${facts.jobs.failed} of ${facts.jobs.planned} jobs failed here; what depends on them was not made: lymphline status ${relative(context.folder, directory.root)}\n`);
    context.out(`${compared.sentence}\nsha256 of bundle.json: ${study.seal}${digest === undefined ? '' : isPublished ? ', as published' : `, NOT as published (${digest})`}\nPage: ${relative(context.folder, directory.reproduction)}\n`);
  }
  const isSame = ['identical', 'within'].includes(compared.verdict) && study.unsealed.length === 0 && isPublished && study.inputs.every(({status}) => status !== 'changed');
  return isSame ? exitCodes.done : exitCodes.failed;
}
