// kill -9 of the engine at random moments of a run, here and on a real Slurm: what a later run repeats, overlaps or wrongly believes. Right is 0 everywhere.
import {spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {homedir, tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {setTimeout as wait} from 'node:timers/promises';
import {randomStream} from '../../pipeline/base/random.ts';
import {createProject, stepYaml, type TempProject} from '../rig/temp-project.ts';

const nKills = Number(process.env['LYMPHLINE_KILLS'] ?? 20);
const nSamples = 8;
const rig = resolve(import.meta.dirname, '../rig/slurm.sh');
const cluster = 'durable';

interface Score {
  readonly kills: number;
  /** Jobs that were finished, and were done again. */
  readonly repeated: number;
  /** A second start while the first still ran. */
  readonly overlapping: number;
  readonly equal: boolean;
}

export async function benchDurability(): Promise<string> {
  const local = await scoreOf('this machine', undefined);
  const slurm = withSlurm();
  if (slurm === undefined) {
    console.log('Slurm: not measured; `tests/rig/machine.sh up slurm` installs it (Debian 12, root)');
    return `durability: ${local}`;
  }
  try {
    return `durability: ${local}; ${await scoreOf('Slurm', slurm)}`;
  } finally {
    spawnSync(rig, ['down', cluster], {stdio: 'inherit'});
  }
}

/** The environment of a cluster of our own. */
function withSlurm(): NodeJS.ProcessEnv | undefined {
  const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
  if (!path.split(':').some((folder) => existsSync(join(folder, 'slurmctld')))) return undefined;
  const folder = process.env['LYMPHLINE_RIG'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'lymphline-rig');
  const {status, stderr} = spawnSync(rig, ['up', cluster, '--owner', String(process.pid)], {encoding: 'utf8', env: {...process.env, PATH: path}});
  if (status !== 0) throw new Error(`the cluster did not start: ${stderr}`);
  return {...process.env, PATH: path, SLURM_CONF: join(folder, 'slurm', cluster, 'slurm.conf')};
}

async function scoreOf(where: string, environment: NodeJS.ProcessEnv | undefined): Promise<string> {
  const random = randomStream(11, `moments of death, ${where}`);
  const whole = await killedRun(environment, [], random);
  const {kills, repeated, overlapping, equal} = await killedRun(environment, [whole.seconds, whole.total], random);
  const words = `${where}: ${kills} kills, ${repeated} finished jobs done again, ${overlapping} done twice at once, results ${equal ? 'equal' : 'DIFFERENT'}`;
  console.log(words);
  return words;
}

/** Without `uninterrupted` (its seconds and result) nobody is killed. */
async function killedRun(environment: NodeJS.ProcessEnv | undefined, uninterrupted: readonly [] | readonly [number, string], random: ReturnType<typeof randomStream>): Promise<Score & {seconds: number; total: string}> {
  const notes = mkdtempSync(join(tmpdir(), 'lymphline-notes-'));
  const project = diamonds(join(notes, 'jobs'), environment);
  const argv = ['run', 'study/run.yaml', '--cores', '2', '--quiet', ...(environment === undefined ? [] : ['--profile', 'slurm.yaml'])];
  const started = performance.now();
  let kills = 0;
  try {
    for (const [seconds = 0, result = ''] = uninterrupted; kills < nKills && seconds > 0; kills++) {
      const run = project.start(...argv);
      // Each life gets a fair part of the work done, so that the deaths fall on all of it.
      await wait(1000 * (0.3 + (2 * seconds * random.uniform()) / nKills));
      run.child.kill('SIGKILL');
      await run.ended;
      if (existsSync(totalOf(project)) && readFileSync(totalOf(project), 'utf8') !== result) break;
    }
    const last = project.start(...argv);
    const status = await last.ended;
    if (status !== 0) throw new Error(`the last run ended with ${status}: ${last.stderr()}`);
    const total = readFileSync(totalOf(project), 'utf8');
    return {kills, ...repetitions(project, join(notes, 'jobs')), equal: uninterrupted.length === 0 || total === uninterrupted[1], seconds: (performance.now() - started) / 1000, total};
  } finally {
    project.remove();
    rmSync(notes, {recursive: true});
  }
}

const totalOf = ({folder}: TempProject): string => join(folder, 'study/runs/diamonds/results/tables/total.tsv');

/** From the engine's record, and from what the jobs themselves noted: \`start|end job attempt time\`. */
function repetitions({folder}: TempProject, notes: string): Pick<Score, 'repeated' | 'overlapping'> {
  const completed = readFileSync(join(folder, 'study/runs/diamonds/events.jsonl'), 'utf8').split('\n').filter((line) => line.includes('"job-completed"'))
    .map((line) => (JSON.parse(line) as {job: string}).job);
  const lines = readFileSync(notes, 'utf8').trim().split('\n').map((line) => line.split(' '));
  const spans = lines.filter(([kind]) => kind === 'start').map(([, job, attempt, time]) => {
    const end = lines.find(([kind, otherJob, otherAttempt]) => kind === 'end' && otherJob === job && otherAttempt === attempt);
    return {job, from: Number(time), to: end === undefined ? Number(time) : Number(end[3])};
  });
  const overlapping = spans.filter((span, i) => spans.some((other, j) => i < j && other.job === span.job && other.from < span.to && span.from < other.to)).length;
  return {repeated: completed.length - new Set(completed).size, overlapping};
}

/** For each sample two steps, one after the other, then a step over all: each writes half of its output, waits, and writes the whole. */
function diamonds(notes: string, environment: NodeJS.ProcessEnv | undefined): TempProject {
  const rows = Array.from({length: nSamples}, (_, i) => `S${i}\tP${i}\tbefore\t0\tgex\tinput.txt`);
  const script = (read: string): string => `attempt=$(basename "$PWD")
job=$(basename "$(dirname "$PWD")")-$(basename "$(dirname "$(dirname "$PWD")")")
echo "start $job $attempt $(date +%s.%N)" >>'${notes}'
printf 'n\\n' >outputs/text.tsv
sleep 0.4
{ echo n; ${read}; } >outputs/part
mv outputs/part outputs/text.tsv
echo "end $job $attempt $(date +%s.%N)" >>'${notes}'
`;
  const step = (name: string, per: string, from: string, published = ''): string => stepYaml(name, `
    per: ${per}
    inputs: {text: {format: any, from: ${from}}}
    params: {}
    outputs: {text: {format: tsv, columns: [n]${published}}}`).replace('[node, run.ts]', '[sh, run.sh]');
  return createProject({
    'study/run.yaml': 'lymphline: 1\nname: diamonds\nsamples: samples.tsv\ntimepoints: [before]\n',
    'study/samples.tsv': `sample_id\tpatient_id\ttimepoint\tday\tlibrary\tpath\n${rows.join('\n')}\n`,
    'study/input.txt': 'x\n',
    'slurm.yaml': 'launcher: slurm\nengine: none\nslurm: {grace_seconds: 3}\nresources: {first: {memory_gb: 0.1}, second: {memory_gb: 0.1}, total: {memory_gb: 0.1}}\n',
    'steps/first/step.yaml': step('first', 'library', 'sheet.path'),
    'steps/first/run.sh': script('echo 1'),
    'steps/second/step.yaml': step('second', 'sample', 'first'),
    'steps/second/run.sh': script('echo 2'),
    'steps/total/step.yaml': step('total', 'cohort', 'second', ', publish: tables/total.tsv'),
    'steps/total/run.sh': script(`cat $(grep -o '"path":"[^"]*second[^"]*text.tsv"' "$1" | cut -d'"' -f4) | grep -v n | sort | uniq -c`),
  }, environment);
}
