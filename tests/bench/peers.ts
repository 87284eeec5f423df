// Lymphline beside Snakemake and Nextflow in one run: N tasks of `echo x > out`, two at a time, each engine with the record that it needs for a rerun;
// then what each believes after a change, where it says success.
import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {engineFlags} from '../../pipeline/base/node-flags.ts';
import {costLine, measureProcess, type ProcessCost} from './measure-process.ts';
import {trueProject} from './engine.ts';
import {createProject, stepYaml} from '../rig/temp-project.ts';

interface Workflow {
  /** Where the commands run. */
  readonly folder: string;
  readonly run: readonly string[];
  readonly again: readonly string[];
  readonly plan?: readonly string[];
  readonly environment?: NodeJS.ProcessEnv;
  readonly remove: () => void;
}

interface Peer {
  readonly name: string;
  readonly jobs: (n: number) => Workflow;
  /** n copies of n inputs in `in/<i>.txt`; the result of i is at `result(i)`. */
  readonly copies: (n: number) => Workflow & {readonly input: (i: number) => string; readonly result: (i: number) => string; readonly output: (i: number) => string};
}

const home = process.env['LYMPHLINE_ENGINE_PEERS'] ?? join(import.meta.dirname, 'peers/engines');
const sizes = [200, 1000, 2000];
const nPlanned = 5000;
const nCopies = 8;
const startOfInputs = new Date('2020-01-01T00:00:00Z');

export async function benchPeers(): Promise<string> {
  const peers = [lymphline, ...(existsSync(join(home, 'snakemake/bin/snakemake')) ? [snakemake] : []), ...(existsSync(join(home, 'run-nextflow')) ? [nextflow] : [])];
  if (peers.length < 3) console.log('(Snakemake and Nextflow beside it: sh tests/bench/peers/engines-setup.sh)');
  console.log(`engine       ${sizes.map((n) => `s N=${n}`.padStart(9)).join('')}  slope ms/job  head MB  no-op of 1000 s  plan of ${nPlanned} s`);
  const summary = await Promise.all(peers.map(async (peer) => speedOf(peer)));
  console.log(`\n${nCopies} copies of ${nCopies} inputs, run, one thing changed, run again with success: which tasks ran, and is the result right?`);
  for (const [change] of Object.entries(changes)) {
    console.log(`${change.padEnd(40)} ${peers.map((peer) => `${peer.name}: ${afterChange(peer, change)}`.padEnd(28)).join(' ')}`);
  }
  return `peers: ${summary.join('; ')}`;
}

function speedOf(peer: Peer): string {
  const costs = sizes.map((n): [number, ProcessCost, Workflow] => {
    const workflow = peer.jobs(n);
    return [n, measureProcess(workflow.run, workflow.folder, workflow.environment), workflow];
  });
  const {slope} = costLine(costs.map(([n, {seconds}]) => [n, seconds]));
  const [, , thousand] = costs[1];
  const noop = Math.min(...[1, 2, 3].map(() => measureProcess(thousand.again, thousand.folder, thousand.environment).seconds));
  for (const [, , workflow] of costs) workflow.remove();
  const large = peer.jobs(nPlanned);
  const plan = large.plan === undefined ? undefined : measureProcess(large.plan, large.folder, large.environment).seconds;
  large.remove();
  const memory = Math.max(...costs.map(([, {peak_mb}]) => peak_mb));
  console.log(`${peer.name.padEnd(12)} ${costs.map(([, {seconds}]) => seconds.toFixed(2).padStart(9)).join('')} ${(slope * 1000).toFixed(1).padStart(13)} ${memory.toFixed(0).padStart(8)} ${noop.toFixed(2).padStart(16)} ${(plan?.toFixed(2) ?? 'none').padStart(15)}`);
  return `${peer.name} ${(slope * 1000).toFixed(1)} ms a job, no-op ${noop.toFixed(2)} s`;
}

type Files = {readonly input: (i: number) => string; readonly output: (i: number) => string; readonly result: (i: number) => string};
const changes: Readonly<Record<string, (files: Files) => string>> = {
  'content, same size, mtime kept': ({input}) => rewrite(input(3), 'THREE'),
  'content, other size, mtime kept': ({input}) => rewrite(input(3), 'three and more'),
  'touched, content equal': ({input}) => {
    utimesSync(input(3), new Date(), new Date());
    return readFileSync(input(3), 'utf8');
  },
  'output deleted': ({input, output, result}) => {
    for (const path of new Set([output(3), result(3)])) rmSync(path, {force: true});
    return readFileSync(input(3), 'utf8');
  },
  'output overwritten with rubbish': ({input, output, result}) => {
    for (const path of new Set([output(3), result(3)])) {
      rmSync(path, {force: true});
      writeFileSync(path, 'rubbish\n');
    }
    return readFileSync(input(3), 'utf8');
  },
};

/** What the result must then be. */
function rewrite(path: string, text: string): string {
  writeFileSync(path, `${text}\n`);
  utimesSync(path, startOfInputs, startOfInputs);
  return `${text}\n`;
}

function afterChange(peer: Peer, change: string): string {
  const workflow = peer.copies(nCopies);
  try {
    // Whole seconds: what is written back is then exactly what was there.
    for (const i of range(nCopies)) utimesSync(workflow.input(i), startOfInputs, startOfInputs);
    measureProcess(workflow.run, workflow.folder, workflow.environment);
    const expected = changes[change](workflow);
    measureProcess(workflow.again, workflow.folder, workflow.environment);
    const result = workflow.result(3);
    return existsSync(result) && readFileSync(result, 'utf8') === expected ? 'right' : 'WRONG';
  } catch (error) {
    return `failed (${(error as Error).message.split('\n')[0].slice(0, 40)})`;
  } finally {
    workflow.remove();
  }
}

const lymphline: Peer = {
  name: 'lymphline',
  jobs(n) {
    const {folder, remove} = trueProject(n);
    const cli = [process.execPath, ...engineFlags, join(folder, 'pipeline/cli/main.ts')];
    const run = [...cli, 'run', 'study/run.yaml', '--cores', '2', '--quiet'];
    return {folder, remove, run, again: run, plan: [...cli, 'plan', 'study/run.yaml', '--json']};
  },
  copies(n) {
    const rows = range(n).map((i) => `S${i}\tP${i}\tbefore\t0\tgex\tin/${i}.txt`);
    const {folder, remove} = createProject({
      'study/run.yaml': 'lymphline: 1\nname: copies\nsamples: samples.tsv\ntimepoints: [before]\n',
      'study/samples.tsv': `sample_id\tpatient_id\ttimepoint\tday\tlibrary\tpath\n${rows.join('\n')}\n`,
      ...Object.fromEntries(range(n).map((i) => [`study/in/${i}.txt`, 'three\n'])),
      'steps/copy/step.yaml': stepYaml('copy', `
    per: library
    inputs: {text: {format: any, from: sheet.path}}
    params: {}
    outputs: {out: {format: any, file: out}}`).replace('[node, run.ts]', '[sh, run.sh]'),
      'steps/copy/run.sh': `cat "$(sed -n 's/.*"path":"\\([^"]*in[/][0-9]*[.]txt\\)".*/\\1/p' "$1")" > outputs/out\n`,
    });
    const run = [process.execPath, ...engineFlags, join(folder, 'pipeline/cli/main.ts'), 'run', 'study/run.yaml', '--cores', '2', '--quiet'];
    const newest = (i: number): string => {
      const job = join(folder, 'study/runs/copies/jobs/copy', `S${i}-gex`);
      const attempts = readdirSync(job).filter((name) => name.startsWith('attempt-')).sort((a, b) => Number(a.slice(8)) - Number(b.slice(8)));
      return join(job, attempts.at(-1) ?? '', 'outputs/out');
    };
    return {folder, remove, run, again: run, input: (i) => join(folder, `study/in/${i}.txt`), output: newest, result: newest};
  },
};

const snakemakeProgram = join(home, 'snakemake/bin/snakemake');
const snakemake: Peer = {
  name: 'snakemake',
  jobs: (n) => inFolder({Snakefile: `rule all:\n    input: expand("out/{i}.txt", i=range(1, ${n + 1}))\nrule t:\n    output: "out/{i}.txt"\n    shell: "echo x > {output}"\n`},
    {run: [snakemakeProgram, '-j2'], again: [snakemakeProgram, '-j2'], plan: [snakemakeProgram, '-n']}),
  copies(n) {
    const snakefile = `rule all:\n    input: expand("out/{i}.txt", i=range(1, ${n + 1}))\nrule t:\n    input: "in/{i}.txt"\n    output: "out/{i}.txt"\n    shell: "cat {input} > {output}"\n`;
    return withCopies(inFolder({Snakefile: snakefile, ...inputsOf(n)}, {run: [snakemakeProgram, '-j2'], again: [snakemakeProgram, '-j2']}), (_, i) => `out/${i}.txt`);
  },
};

const nextflowProgram = join(home, 'run-nextflow');
const nextflowConfig = "executor.cpus = 2\nprocess.cpus = 1\nexecutor.memory = '8 GB'\n";
const nextflow: Peer = {
  name: 'nextflow',
  jobs: (n) => inFolder({'main.nf': `process T {\n    input: val i\n    output: path("\${i}.txt")\n    script: "echo x > \${i}.txt"\n}\nworkflow { T(Channel.of(1..${n})) }\n`, 'nextflow.config': nextflowConfig},
    {run: [nextflowProgram, 'run', 'main.nf'], again: [nextflowProgram, 'run', 'main.nf', '-resume'], plan: [nextflowProgram, 'run', 'main.nf', '-preview']}),
  copies(n) {
    const workflow = `process T {\n    publishDir 'out', mode: 'copy'\n    input: tuple val(i), path(f, name: "input.txt")\n    output: path("\${i}.txt")\n    script: "cat \${f} > \${i}.txt"\n}\nworkflow { T(Channel.of(1..${n}).map { i -> tuple(i, file("in/\${i}.txt")) }) }\n`;
    return withCopies(inFolder({'main.nf': workflow, 'nextflow.config': nextflowConfig, ...inputsOf(n)}, {run: [nextflowProgram, 'run', 'main.nf'], again: [nextflowProgram, 'run', 'main.nf', '-resume']}), (folder, i) => {
      const work = join(folder, 'work');
      const found = readdirSync(work, {recursive: true, encoding: 'utf8'}).find((name) => name.endsWith(`/${i}.txt`));
      return found === undefined ? `out/${i}.txt` : join('work', found);
    });
  },
};

const range = (n: number): number[] => Array.from({length: n}, (_, i) => i + 1);
const inputsOf = (n: number): Record<string, string> => Object.fromEntries(range(n).map((i) => [`in/${i}.txt`, 'three\n']));

function inFolder(files: Readonly<Record<string, string>>, commands: Pick<Workflow, 'run' | 'again' | 'plan'>): Workflow {
  const folder = mkdtempSync(join(tmpdir(), 'lymphline-peer-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), {recursive: true});
    writeFileSync(join(folder, name), text);
  }
  return {folder, ...commands, remove: () => rmSync(folder, {recursive: true, force: true})};
}

function withCopies(workflow: Workflow, output: (folder: string, i: number) => string): ReturnType<Peer['copies']> {
  const {folder} = workflow;
  return {...workflow, input: (i) => join(folder, `in/${i}.txt`), output: (i) => join(folder, output(folder, i)), result: (i) => join(folder, `out/${i}.txt`)};
}
