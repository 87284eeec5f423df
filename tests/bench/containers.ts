// A job in a container of each engine on hand, over the engine's own command typed by hand in the same minutes: what Lymphline itself costs there.
import {spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {catalogue} from '../rig/contained-project.ts';
import {findEngine, type EngineName, type EngineOnHand} from '../rig/engines.ts';
import {trueProject} from './engine.ts';

const nJobs = 30;
/** Milliseconds over the floor. */
const goal = 30;

export async function benchContainers(): Promise<string> {
  const words: string[] = [];
  console.log(`${nJobs} jobs, one at a time, each \`echo x > outputs/out\`; ms a job; goal: at most ${goal} over the floor`);
  for (const [name, form] of [['docker'], ['podman'], ['apptainer', 'sif'], ['apptainer', 'sandbox'], ['charliecloud']] as const) {
    const title = form === undefined ? name : `${name} (${form})`;
    const on = findEngine(name, form);
    if ('reason' in on) {
      console.log(`${title.padEnd(20)} not measured: ${on.reason}`);
      continue;
    }
    const {floor, job} = measure(on);
    const over = job - floor;
    words.push(`${title} ${over.toFixed(0)} ms over ${floor.toFixed(0)}`);
    console.log(`${title.padEnd(20)} floor ${floor.toFixed(0).padStart(4)}   job ${job.toFixed(0).padStart(4)}   over it ${over.toFixed(0).padStart(4)}${over > goal ? '   above the goal' : ''}`);
  }
  return `containers: ${words.join('; ')}`;
}

/**
 * From the start of one job to that of the next, all that Lymphline does in between included. Medians, and half of the floor before and half
 * after, so that a machine that is busy for a moment or changes its pace does not decide.
 */
function measure(on: EngineOnHand): {floor: number; job: number} {
  const project = trueProject(nJobs, {
    'containers/images.yaml': catalogue,
    'contained.yaml': `launcher: local\nengine: ${on.engine.name}\nimages: {lymphline: ${on.image.startsWith('sha256:') ? 'localhost/lymphline-base:trixie' : on.image}}\n`,
  }, on.environment);
  try {
    const before = bare(on, nJobs / 2);
    const done = project.cli('run', 'study/run.yaml', '--profile', 'contained.yaml', '--cores', '1', '--quiet');
    if (done.status !== 0) throw new Error(done.stderr);
    const after = bare(on, nJobs / 2);
    const events = readFileSync(join(project.folder, 'study/runs/many/events.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as {kind: string; time: string});
    const starts = events.filter(({kind}) => kind === 'job-started').map(({time}) => Date.parse(time));
    return {floor: median([...before, ...after]), job: median(starts.slice(1).map((time, at) => time - starts[at]))};
  } finally {
    project.remove();
  }
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1];

/** Milliseconds of each of `times` containers in a row. */
function bare({engine, environment, image}: EngineOnHand, times: number): number[] {
  const folder = mkdtempSync(join(tmpdir(), 'lymphline-floor-'));
  mkdirSync(join(folder, 'outputs'), {mode: 0o777});
  spawnSync('chmod', ['-R', '777', folder]);
  const [program, ...argv] = bareArgv[engine.name as EngineName](image, folder);
  const milliseconds = Array.from({length: times}, () => {
    const started = performance.now();
    const {status, stderr} = spawnSync(program, argv, {env: environment, encoding: 'utf8'});
    if (status !== 0) throw new Error(`${program}: ${stderr}`);
    return performance.now() - started;
  });
  rmSync(folder, {recursive: true});
  return milliseconds;
}

const script = ['sh', '-c', 'echo x > outputs/out'];

/** What a careful user would type: as closed as Lymphline's own, without what it adds. */
const bareArgv: Readonly<Record<EngineName, (image: string, folder: string) => string[]>> = {
  docker: (image, folder) => ['docker', ...daemonOptions(folder), image, ...script],
  podman: (image, folder) => ['podman', ...daemonOptions(folder), image, ...script],
  apptainer: (image, folder) => ['apptainer', '--quiet', 'exec', '--containall', '--cleanenv', '--no-home', '--net', '--network', 'none', '--pwd', folder, '--bind', folder, image, ...script],
  charliecloud: (image, folder) => ['ch-run', '--private-tmp', '--cd', folder, `--bind=${folder}:${folder}`, image, '--', ...script],
};

function daemonOptions(folder: string): string[] {
  return [
    'run', '--rm', '--pull', 'never', '--init', '--network', 'none', '--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--tmpfs', '/tmp', '--user', '1000:1000',
    '--memory', '1g', '--memory-swap', '1g', '--cpus', '1', '--pids-limit', '4096', '--workdir', folder, '--mount', `type=bind,src=${folder},dst=${folder}`,
  ];
}
