// The engine on jobs that do nothing: start-up, planning, overhead a job over a bare spawn loop, a rerun with nothing to do, memory, files a job.
import {spawn, spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {engineFlags} from '../../pipeline/base/node-flags.ts';
import {costLine, measureProcess} from './measure-process.ts';
import {createProject, stepYaml, type TempProject} from '../rig/temp-project.ts';

const root = resolve(import.meta.dirname, '../..');
const nJobs = 1000;
const nPlanned = 5000;
const nHuge = 50_000;

export async function benchEngine(): Promise<string> {
  const figures: Record<string, string> = {};
  const note = (name: string, value: string): void => {
    figures[name] = value;
    console.log(`${name.padEnd(34)} ${value}`);
  };
  note('start-up of --version', `${(median(5, () => time(() => spawnSync(join(root, 'bin/lymphline'), ['--version'])))).toFixed(3)} s`);
  const floor = await spawnFloor();
  note(`floor: ${nJobs} bare spawns, 2 at a time`, `${((floor / nJobs) * 1000).toFixed(2)} ms a job`);
  const project = trueProject(nJobs);
  try {
    startOnce(project);
    const start = median(3, () => time(() => project.cli('run', 'study/none.yaml')));
    const first = measureProcess(argvOf(project, 'run', 'study/run.yaml', '--cores', '2', '--quiet'), project.folder);
    // What else the machine does changes from minute to minute: the floor is what it was before and after.
    const floorAfter = await spawnFloor();
    note('the floor again', `${((floorAfter / nJobs) * 1000).toFixed(2)} ms a job`);
    const overhead = ((first.seconds - start - (floor + floorAfter) / 2) / nJobs) * 1000;
    note(`run of ${nJobs} jobs, 2 at a time`, `${first.seconds.toFixed(2)} s (a run without jobs: ${start.toFixed(2)} s)`);
    note('overhead a job over the floor', `${overhead.toFixed(2)} ms`);
    note('processor time of the engine', `${((first.cpu_seconds / nJobs) * 1000).toFixed(2)} ms a job`);
    note('memory of the engine', `${first.peak_mb.toFixed(0)} MB`);
    note('files of the engine a job', String(filesPerJob(project)));
    note(`rerun of ${nJobs} jobs, nothing to do`, `${median(3, () => time(() => project.cli('run', 'study/run.yaml', '--cores', '2', '--quiet'))).toFixed(2)} s`);
  } finally {
    project.remove();
  }
  const points: [number, number][] = [];
  for (const n of [500, 2000, nPlanned]) {
    const large = trueProject(n);
    try {
      if (n === nPlanned) note(`plan of ${n} jobs`, `${median(3, () => time(() => large.cli('plan', 'study/run.yaml', '--json'))).toFixed(2)} s`);
      startOnce(large);
      const {seconds, peak_mb} = measureProcess(argvOf(large, 'run', 'study/run.yaml', '--cores', '2', '--quiet'), large.folder);
      points.push([n, seconds]);
      note(`run of ${n} jobs`, `${seconds.toFixed(2)} s, ${peak_mb.toFixed(0)} MB`);
    } finally {
      large.remove();
    }
  }
  const {slope, intercept} = costLine(points);
  note('cost a job, least squares', `${(slope * 1000).toFixed(2)} ms (${(slope * 1000 - (floor / nJobs) * 1000).toFixed(2)} over the floor), ${intercept.toFixed(2)} s at none`);
  const huge = trueProject(nHuge);
  try {
    note(`plan of ${nHuge} jobs`, `${measureProcess(argvOf(huge, 'plan', 'study/run.yaml', '--json'), huge.folder).seconds.toFixed(2)} s`);
  } finally {
    huge.remove();
  }
  for (const [name, value] of Object.entries(demoSeconds())) note(name, value);
  return `engine: ${Object.entries(figures).map(([name, value]) => `${name} ${value}`).join('; ')}`;
}

/** One job a library, each \`sh -c\` writing one file: what other engines are measured with too. */
export function trueProject(n: number, more: Readonly<Record<string, string>> = {}, environment?: NodeJS.ProcessEnv): TempProject {
  const rows = Array.from({length: n}, (_, i) => `S${i}\tP${i}\tbefore\t0\tgex\tinput.txt`);
  const header = 'sample_id\tpatient_id\ttimepoint\tday\tlibrary\tpath';
  const run = (name: string, sheet: string): string => `lymphline: 1\nname: ${name}\nsamples: ${sheet}\ntimepoints: [before]\n`;
  return createProject({
    'study/run.yaml': run('many', 'samples.tsv'),
    'study/none.yaml': run('none', 'none.tsv'),
    'study/samples.tsv': `${header}\n${rows.join('\n')}\n`,
    'study/one.yaml': run('one', 'one.tsv'),
    'study/one.tsv': `${header}\nS0\tP0\tbefore\t0\tgex\tone.txt\n`,
    'study/one.txt': 'one\n',
    'study/none.tsv': `${header}\nS1\tP1\tbefore\t0\t\t\n`,
    'study/input.txt': 'x\n',
    'steps/touch/step.yaml': stepYaml('touch', `
    per: library
    inputs: {text: {format: any, from: sheet.path}}
    params: {}
    outputs: {out: {format: any, file: out}}`).replace('[node, run.ts]', '[sh, run.sh]'),
    'steps/touch/run.sh': 'echo x > outputs/out\n',
    ...more,
  }, environment);
}

/** The first start in a clone compiles TypeScript, in 20 MB that no later start with the same flags, and no package, takes. */
function startOnce(project: TempProject): void {
  measureProcess(argvOf(project, 'run', 'study/one.yaml', '--quiet'), project.folder);
  rmSync(join(project.folder, 'study/runs'), {recursive: true});
}

async function spawnFloor(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'lymphline-floor-'));
  const started = performance.now();
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < nJobs) {
      const cwd = join(folder, String(next++), 'outputs');
      mkdirSync(cwd, {recursive: true});
      await new Promise((done) => spawn('sh', ['-c', 'echo x > out'], {cwd, stdio: 'ignore'}).on('close', done));
    }
  };
  await Promise.all([worker(), worker()]);
  const seconds = (performance.now() - started) / 1000;
  rmSync(folder, {recursive: true});
  return seconds;
}

const argvOf = ({folder}: TempProject, ...argv: string[]): string[] => [process.execPath, ...engineFlags, join(folder, 'pipeline/cli/main.ts'), ...argv];

function filesPerJob(project: TempProject): number {
  const attempt = join(project.folder, 'study/runs/many/jobs/touch/S0-gex/attempt-1');
  const cache = join(project.folder, 'study/runs/.lymphline-cache');
  const entries = readdirSync(cache, {recursive: true, encoding: 'utf8'}).filter((name) => name.endsWith('entry.json')).length / nJobs;
  return readdirSync(attempt, {withFileTypes: true}).filter((entry) => entry.isFile()).length + entries;
}

/** Of the demo, where it has been run: the sum over the jobs of each step, from the run's own record. */
function demoSeconds(): Record<string, string> {
  const runs = join(root, 'demo/runs');
  if (!existsSync(runs)) return {'demo seconds a step': 'not measured: run `npm run demo` first'};
  const seconds = new Map<string, number>();
  for (const name of readdirSync(runs)) {
    const path = join(runs, name, 'events.jsonl');
    if (!existsSync(path)) continue;
    for (const line of readFileSync(path, 'utf8').trim().split('\n')) {
      const event = JSON.parse(line) as {kind: string; job: string; seconds: number};
      if (event.kind !== 'job-completed') continue;
      const step = event.job.split('/', 1)[0];
      seconds.set(step, (seconds.get(step) ?? 0) + event.seconds);
    }
  }
  return Object.fromEntries([...seconds].map(([step, sum]) => [`demo ${step}`, `${sum.toFixed(1)} s`]));
}

function time(action: () => unknown): number {
  const started = performance.now();
  action();
  return (performance.now() - started) / 1000;
}

function median(times: number, measure: () => number): number {
  return Array.from({length: times}, measure).sort((a, b) => a - b)[times >> 1];
}
