// lymphline doctor
import {statfsSync, statSync} from 'node:fs';
import {availableParallelism, tmpdir, totalmem} from 'node:os';
import {dirname} from 'node:path';
import {readImages} from '../config/read-images.ts';
import {failureText} from '../console/failure-text.ts';
import {askEngine} from '../executors/choose-engine.ts';
import {askProcess} from '../executors/process.ts';
import {exitCodes, type Command, type CommandContext} from './command.ts';
import {runSmallJob, type JobCheck} from './doctor-job.ts';
import {checkSteps, checkTools, type StepsQuestion} from './doctor-steps.ts';
import {doctorText, type DoctorReport, type Finding} from './doctor-text.ts';
import {printFailures} from './failures.ts';
import {findPrograms, imageFolder} from './find-programs.ts';
import {answeringDaemons, placesOf} from './images-list.ts';
import {namedProfile, type NamedProfile} from './named-profile.ts';

export const doctorCommand: Command = {
  help: `
lymphline doctor [--profile NAME|FILE] [--json]

Can this machine run it? Looks at Node, cores, memory and disks, asks every container engine and Slurm for their version, compares the tools on
PATH with what the steps want, and runs one small job through the profile, in its container. Says which steps can run. Exit 1: this machine
cannot run jobs with this profile. A step whose image or tool is missing is only named, since a run may not need it.

example: lymphline doctor --profile docker
`,
  options: {profile: {type: 'string'}, json: {type: 'boolean'}},
  takes: [0, 0],
  async run(context) {
    const named = await namedProfile(context);
    if (!named.ok) return printFailures(context, named.error);
    const catalogue = await readImages(context.projectRoot);
    if (!catalogue.ok) return printFailures(context, catalogue.error);
    const ask = {context, profile: named.value.profile, contracts: named.value.contracts, catalogue: catalogue.value};
    const report = await examine(ask, named.value);
    context.out(context.options['json'] === true ? `${JSON.stringify(report, undefined, 1)}\n` : doctorText(report));
    return report.canRun ? exitCodes.done : exitCodes.failed;
  },
};

async function examine(ask: StepsQuestion, {name}: NamedProfile): Promise<DoctorReport> {
  const {context, profile, catalogue} = ask;
  const machine = examineMachine(ask);
  const engines = await examineEngines(context);
  const daemons = await answeringDaemons(context);
  const store = imageFolder(context, profile);
  const images = await Promise.all([...catalogue.values()].map(async (entry) => ({image: entry.name, isOurs: entry.isOurs, forms: (await placesOf(entry, store, daemons, context)).map(({form}) => form)})));
  const tools = await checkTools(ask);
  const steps = await checkSteps(ask, tools);
  const job = await examineJob(ask);
  return {profile: name, launcher: profile.launcher, engine: profile.engine, machine, engines, images, imageFolder: store, tools, steps, job, canRun: job.ok && machine.every(({ok}) => ok)};
}

/** Less than this is not enough for the smallest study. */
const least = {node: 24, memory_gb: 4, disk_gb: 2};

function examineMachine({context, profile}: StepsQuestion): Finding[] {
  const memory = Math.floor(totalmem() / 2 ** 30);
  const {scratch, launcher} = profile;
  const isOfNodes = scratch !== undefined && launcher === 'slurm';
  const disks: readonly (readonly [string, string])[] = [
    ['this folder', context.folder], ['image folder', imageFolder(context, profile)],
    ...(isOfNodes ? [] : [['temporary files', scratch?.folder ?? (context.environment['TMPDIR'] || tmpdir())] as const]),
  ];
  return [
    {what: 'Node', found: process.versions.node, ok: Number(process.versions.node.split('.', 1)[0]) >= least.node, expected: `${least.node} or later`},
    {what: 'cores', found: String(availableParallelism()), ok: true, expected: ''},
    {what: 'memory', found: `${memory} GB`, ok: memory >= least.memory_gb, expected: `${least.memory_gb} GB or more`},
    ...disks.map(([what, path]) => {
      const free = freeGigabytes(path);
      return {what: `disk: ${what}`, found: free === undefined ? `${path} cannot be read` : `${free.toFixed(0)} GB free`, ok: free !== undefined && free >= least.disk_gb, expected: `${least.disk_gb} GB or more`};
    }),
    ...(isOfNodes ? [{what: 'disk: temporary files', found: `${scratch.folder} on each node; the small job looks there`, ok: true, expected: ''}] : []),
  ];
}

/** Of the nearest folder that exists. */
function freeGigabytes(path: string): number | undefined {
  for (let folder = path; ; folder = dirname(folder)) {
    if (statSync(folder, {throwIfNoEntry: false})?.isDirectory()) {
      const {bavail, bsize} = statfsSync(folder);
      return (bavail * bsize) / 1e9;
    }
    if (folder === dirname(folder)) return undefined;
  }
}

async function examineEngines(context: CommandContext): Promise<DoctorReport['engines']> {
  const engines = (['docker', 'podman', 'apptainer', 'charliecloud'] as const).map(async (engine) => {
    const answer = await askEngine(engine, context.environment);
    return 'version' in answer ? {engine, version: answer.version, words: ''} : {engine, version: null, words: answer.words};
  });
  const slurm = askProcess(['sinfo', '--version'], {environment: context.environment}).then(({exitCode, stdout, stderr}) =>
    (exitCode === 0 ? {engine: 'slurm', version: stdout.trim().replace(/^slurm\S* /, ''), words: ''} : {engine: 'slurm', version: null, words: stderr.trim().split('\n').at(-1) ?? ''}));
  return Promise.all([...engines, slurm]);
}

async function examineJob({context, profile, contracts}: StepsQuestion): Promise<JobCheck> {
  const step = contracts.find(({name}) => name === 'simulate');
  if (step === undefined) throw new Error('the simulate step is not there');
  const programs = await findPrograms(context, profile, [step]);
  if (!programs.ok) return {ok: false, seconds: 0, words: programs.error.map(failureText).join('\n')};
  const image = programs.value.get(step.name)?.image;
  return runSmallJob({context, profile, step, ...(image === undefined ? {} : {image})});
}
