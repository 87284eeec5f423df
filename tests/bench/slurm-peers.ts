// Lymphline beside Snakemake and Nextflow with Slurm starting the jobs: 100 jobs (LYMPHLINE_SLURM_JOBS) that sleep half a second, on a cluster of four nodes with two cores. Each as it
// comes, and the peers once more with every interval short and with arrays. What a site minds is counted: how often each program of Slurm is called.
import {spawnSync} from 'node:child_process';
import {chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {engineFlags} from '../../pipeline/base/node-flags.ts';
import {trueProject} from './engine.ts';
import {measureProcess} from './measure-process.ts';

const nJobs = Number(process.env['LYMPHLINE_SLURM_JOBS'] ?? 100);
const command = 'sleep 0.5; echo x';
const home = process.env['LYMPHLINE_ENGINE_PEERS'] ?? join(import.meta.dirname, 'peers/engines');
const rig = resolve(import.meta.dirname, '../rig/slurm.sh');
const programs = ['sbatch', 'squeue', 'sacct', 'scontrol', 'scancel', 'sinfo', 'srun'];

interface Way {
  readonly name: string;
  readonly argv: readonly string[];
  readonly files: Readonly<Record<string, string>>;
}

const snakemake = join(home, 'snakemake/bin/snakemake');
const snakefile = `rule all:\n    input: expand("out/{i}.txt", i=range(${nJobs}))\nrule t:\n    output: "out/{i}.txt"\n    shell: "${command} > {output}"\n`;
const snakemakeWords = [snakemake, '--executor', 'slurm', '--jobs', String(nJobs), '--slurm-no-account', '--default-resources', 'slurm_partition=main', 'mem_mb=300', 'runtime=5', 'cpus_per_task=1'];
const nextflow = join(home, 'run-nextflow');
const workflow = `process T {\n    cpus 1\n    memory '300 MB'\n    time '5m'\n    input: val i\n    output: path("\${i}.txt")\n    script: "${command} > \${i}.txt"\n}\nworkflow { T(Channel.of(1..${nJobs})) }\n`;

const peers: readonly Way[] = [
  {name: 'snakemake', files: {Snakefile: snakefile}, argv: snakemakeWords},
  {name: 'snakemake, eager, arrays', files: {Snakefile: snakefile}, argv: [...snakemakeWords, '--seconds-between-status-checks', '1', '--slurm-init-seconds-before-status-checks', '1', '--slurm-array-jobs', 't']},
  {name: 'nextflow', files: {'main.nf': workflow, 'nextflow.config': "process.executor = 'slurm'\n"}, argv: [nextflow, 'run', 'main.nf']},
  {name: 'nextflow, eager, arrays', files: {'main.nf': workflow, 'nextflow.config': `process.executor = 'slurm'\nprocess.array = ${nJobs}\nexecutor.pollInterval = '1 sec'\nexecutor.queueStatInterval = '2 sec'\n`}, argv: [nextflow, 'run', 'main.nf']},
];

export function benchSlurm(): Promise<string> {
  return Promise.resolve(measureAll());
}

function measureAll(): string {
  const name = `bench${process.pid % 1000}`;
  const up = spawnSync(rig, ['up', name, '--dbd', '--owner', String(process.pid)], {encoding: 'utf8'});
  if (up.status !== 0) return `slurm: not measured: ${up.stderr.trim()}`;
  const bin = mkdtempSync(join(tmpdir(), 'lymphline-counted-'));
  try {
    const conf = /SLURM_CONF=(\S+)/.exec(spawnSync(rig, ['env', name], {encoding: 'utf8'}).stdout)?.[1] ?? '';
    const environment = {...process.env, SLURM_CONF: conf, PATH: `${bin}:${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`};
    for (const program of programs) {
      const real = spawnSync('sh', ['-c', `command -v ${program}`], {encoding: 'utf8', env: {...environment, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`}}).stdout.trim();
      // Snakemake's jobs drop Slurm's variables; a site's configuration is found without one.
      writeFileSync(join(bin, program), `#!/bin/sh\necho ${program} >>'${bin}/calls'\nexport SLURM_CONF='${conf}'\nexec '${real}' "$@"\n`);
      chmodSync(join(bin, program), 0o755);
    }
    console.log(`${'engine'.padEnd(26)} seconds  head MB  calls of Slurm's programs for ${nJobs} jobs`);
    const floor = measureProcess(['sbatch', '--wait', '--quiet', '--mem=100', `--array=1-${nJobs}`, '--output=/dev/null', `--wrap=${command}`], bin, environment);
    console.log(`${'one array, by hand'.padEnd(26)} ${floor.seconds.toFixed(1).padStart(7)}`);
    const all = [ours(environment), ...peers.filter(({argv}) => existsSync(argv[0])).map((way) => inFolder(way))];
    if (all.length < 5) console.log('(Snakemake and Nextflow beside it: sh tests/bench/peers/engines-setup.sh)');
    const summary = all.map(({name: engine, argv, folder, nDone, remove}) => {
      rmSync(join(bin, 'calls'), {force: true});
      try {
        const {seconds, peak_mb} = measureProcess(argv, folder, environment);
        if (nDone() !== nJobs) throw new Error(`${nDone()} of ${nJobs} results`);
        const calls = callsIn(join(bin, 'calls'));
        console.log(`${engine.padEnd(26)} ${seconds.toFixed(1).padStart(7)} ${peak_mb.toFixed(0).padStart(8)}  ${calls}`);
        return `${engine} ${seconds.toFixed(1)} s, ${calls}`;
      } catch (error) {
        console.log(`${engine.padEnd(26)} failed: ${(error as Error).message}`);
        return `${engine} failed`;
      } finally {
        remove();
      }
    });
    return `slurm: ${summary.join('; ')}`;
  } finally {
    spawnSync(rig, ['down', name]);
    rmSync(bin, {recursive: true, force: true});
  }
}

interface Placed {
  readonly name: string;
  readonly argv: readonly string[];
  readonly folder: string;
  readonly nDone: () => number;
  readonly remove: () => void;
}

function ours(environment: NodeJS.ProcessEnv): Placed {
  const {folder, remove} = trueProject(nJobs, {'steps/touch/run.sh': `(${command}) > outputs/out\n`, 'slurm.yaml': 'launcher: slurm\nengine: none\nresources: {touch: {memory_gb: 0.3, minutes: 5}}\n'}, environment);
  return {
    name: 'lymphline', folder, remove, argv: [process.execPath, ...engineFlags, join(folder, 'pipeline/cli/main.ts'), 'run', 'study/run.yaml', '--profile', 'slurm.yaml', '--quiet'],
    nDone: () => filesNamed(join(folder, 'study/runs/many/jobs'), /^complete\.json$/),
  };
}

function inFolder({name, argv, files}: Way): Placed {
  const folder = mkdtempSync(join(tmpdir(), 'lymphline-peer-'));
  mkdirSync(join(folder, 'out'));
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  return {name, argv, folder, nDone: () => filesNamed(folder, /^\d+\.txt$/), remove: () => rmSync(folder, {recursive: true, force: true})};
}

const filesNamed = (folder: string, pattern: RegExp): number => readdirSync(folder, {recursive: true, encoding: 'utf8'}).filter((path) => pattern.test(path.slice(path.lastIndexOf('/') + 1))).length;

function callsIn(path: string): string {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
  return `${lines.length} in all${programs.map((program) => [program, lines.filter((line) => line === program).length] as const).filter(([, n]) => n > 0).map(([program, n]) => `, ${n} ${program}`).join('')}`;
}
