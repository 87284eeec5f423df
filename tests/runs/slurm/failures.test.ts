// What the user reads of each failure that Slurm is the reason of: one run, a step for each, with the whole message.
import {mkdtempSync, existsSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {readSubmission} from '../../../pipeline/executors/slurm/submission-record.ts';
import {attemptFolder, runDirectory, type AttemptFolder} from '../../../pipeline/record/run-directory.ts';
import {describeWithSlurm, type Cluster} from '../../rig/slurm.ts';
import {until} from '../../rig/until.ts';
import {createProject, stepYaml, type TempProject} from '../../rig/temp-project.ts';
import {runYaml, sheet, wordCountProject} from '../../rig/word-count-project.ts';

const settings = join(mkdtempSync(join(tmpdir(), 'lymphline-slurm-')), 'more.conf');
writeFileSync(settings, `PreemptType=preempt/partition_prio
PreemptMode=CANCEL
PartitionName=low Nodes=ALL PriorityTier=1 State=UP
PartitionName=high Nodes=ALL PriorityTier=10 State=UP
`);
afterAll(() => rmSync(join(settings, '..'), {recursive: true, force: true}));

interface Case {
  /** Of the step. */
  readonly name: string;
  readonly script: string;
  readonly resources?: string;
  /** Once it runs. */
  readonly fault?: (cluster: Cluster, id: string) => void;
  readonly message: readonly [string, ...string[]];
  readonly needsMemoryLimits?: boolean;
}

const nodeOf = (cluster: Cluster, id: string): string => cluster.ask('squeue', '--noheader', '--jobs', id, '--format=%N').trim();

const log = 'log: <log>';

const cases: readonly Case[] = [
  {name: 'cancelled', script: 'sleep 1000', fault: (cluster, id) => void cluster.ask('scancel', id), message: [
    'cancelled/cohort was cancelled in Slurm, not by this run (attempt 1).', 'Slurm job <id>: CANCELLED on <node>',
    'If it was not you, ask who did (`sacct -j ID -o User,State,End` where there is accounting), then run again: finished jobs are kept.', log]},
  {name: 'preempted', script: 'sleep 1000', fault: (cluster, id) => void cluster.ask('sbatch', '--partition=high', '--exclusive', '--time=1', `--nodelist=${nodeOf(cluster, id)}`, '--output=/dev/null', '--wrap=true'), message: [
    'preempted/cohort had to make room for a job of higher priority (attempt 1).', 'Slurm job <id>: PREEMPTED on <node>',
    'Run again, or name a partition or qos in the profile (slurm: {partition: …}) whose jobs are not preempted.', log]},
  {name: 'node', script: 'sleep 1000', fault: (cluster, id) => cluster.do('kill-node', nodeOf(cluster, id)), message: [
    'node/cohort was lost with its node <node> (attempt 1).', 'Slurm job <id>: NODE_FAIL (NodeDown) on <node>', 'Run again: it needs another node, not another setting.', log]},
  {name: 'requeued', script: 'sleep 1000', fault: (cluster, id) => {
    cluster.ask('scontrol', 'update', `jobid=${id}`, 'Requeue=1');
    cluster.ask('scontrol', 'requeue', id);
  }, message: [
    'requeued/cohort was put back into the queue by Slurm after it had started (attempt 1).', 'Slurm job <id>: PENDING (BeginTime)',
    'Run again. A partition that requeues jobs does so in spite of --no-requeue; another one may suit better (slurm: {partition: …}).', log]},
  {name: 'large', script: 'true', resources: '{cpus: 64}', message: [
    'large/cohort can never start in Slurm (attempt 1).', 'Slurm job <id>: PENDING (PartitionConfig)',
    'It asks for more than a node there has, or than is allowed: lower the cpus or memory_gb of resources.large, or name another partition (slurm: {partition: …}).', log]},
  // A folder in the way of the file that the job's script would write.
  {name: 'fileless', script: 'mkdir exit.json', message: [
    'fileless/cohort is gone: it left no exit file, and Slurm does not say how it ended (attempt 1).', 'Slurm job <id>: COMPLETED on <node>',
    'Look whether the run directory is the same one on the nodes (a shared file system), then run again.', log]},
  {name: 'slow', script: 'sleep 1000', fault: (cluster, id) => void cluster.ask('scontrol', 'update', `jobid=${id}`, 'TimeLimit=0'), message: [
    'slow/cohort was stopped after its 1 minutes (attempt 1).', log, 'Raise resources.slow.minutes in the profile.']},
  {name: 'greedy', script: "python3 -c 'x = bytearray(1500 * 1024 * 1024)' | cat", needsMemoryLimits: true, message: [
    'greedy/cohort was killed: out of memory at 1 GB (attempt 1).', log, 'Raise resources.greedy.memory_gb in the profile.']},
];

describeWithSlurm('what is said of', {nodes: 10, settings}, (cluster) => {
  const here = cases.filter(({needsMemoryLimits = false}) => cluster.hasMemoryLimits || !needsMemoryLimits);
  let project: TempProject;
  let status: number | string;
  let said = '';

  beforeAll(async () => {
    project = createProject(Object.fromEntries([
      ['study/run.yaml', runYaml.replace(/steps:[^]*/, '')], ['study/samples.tsv', sheet], ['study/s1.txt', 'a\n'], ['study/s2.txt', 'b\n'],
      // A node each: two cores of two.
      ['slurm.yaml', `launcher: slurm\nengine: none\nretries: 0\nslurm: {grace_seconds: 4, poll_seconds: 2, partition: low}\nresources:\n${here.map(({name, resources}) => `  ${name}: ${resources ?? '{cpus: 2}'}`).join('\n')}\n`],
      ...here.flatMap(({name, script}) => [
        [`steps/${name}/step.yaml`, stepYaml(name, `
    per: cohort
    inputs: {text: {format: any, from: sheet.path, library: [gex]}}
    params: {}
    outputs: {none: {format: tsv, columns: [none]}}`).replace('[node, run.ts]', '[sh, run.sh]')],
        [`steps/${name}/run.sh`, `touch begun\n${script}\nexit 0\n`],
      ]),
    ]) as Record<string, string>, cluster.environment);
    const run = project.start('run', 'study/run.yaml', '--profile', 'slurm.yaml');
    await Promise.all(here.map(async ({name, fault}) => {
      if (fault === undefined) return;
      const folder = folderOf(project, name);
      const id = await until(`the start of ${name}`, () => (existsSync(join(folder.root, 'begun')) ? readSubmission(folder.submitted)?.jobId : undefined));
      fault(cluster, id);
    }));
    status = await run.ended;
    said = project.scrub(run.stderr()).replace(/Slurm job \d+/g, 'Slurm job <id>').replace(new RegExp(`${cluster.name}-\\d+`, 'g'), '<node>');
  });
  afterAll(() => project.remove());

  for (const {name, message} of here) {
    test(`${name}: ${message[0]}`, () => {
      expect(messageOf(said, `${name}/cohort`).replace(project.scrub(folderOf(project, name).log), '<log>')).toBe(message.join('\n    '));
    });
  }

  test('a job that a node could not start goes to another one', () => {
    const words = wordCountProject({'slurm.yaml': 'launcher: slurm\nengine: none\nretries: 1\nslurm: {grace_seconds: 4}\nsetup: ["case $PWD in */import/S1-gex/attempt-1) false ;; esac"]\n'}, cluster.environment);
    const {status: ended, stderr} = words.cli('run', 'study/run.yaml', '--profile', 'slurm.yaml');
    const nodes = [1, 2].map((number) => (JSON.parse(readFileSync(attemptFolder(runDirectory(join(words.folder, 'study/runs/words')).job('import/S1-gex'), number).exit, 'utf8')) as {node: string}).node);
    words.remove();
    expect(stderr.replace(/Slurm job [\d_]+/, 'Slurm job <id>')).toContain(`import/S1-gex could not be started by Slurm on ${nodes[0]} (attempt 1).
    Slurm job <id>: FAILED (the set-up line "case $PWD in */import/S1-gex/attempt-1) false ;; esac" failed) on ${nodes[0]}
    Try that line of the profile (setup) in a job on that node; what it said is in the log.
`);
    expect(ended).toBe(0);
    expect(nodes[1]).not.toBe(nodes[0]);
  });

  test('the run ends with 1, and each failure is on record as it was said', () => {
    expect(status).toBe(1);
    const reasons = here.map(({name}) => (JSON.parse(readFileSync(folderOf(project, name).failure, 'utf8')) as {reason: string}).reason);
    expect(reasons).toEqual(['cancelled', 'preempted', 'node-failed', 'requeued', 'never-starts', 'vanished', 'step-timed-out', ...(cluster.hasMemoryLimits ? ['out-of-memory'] : [])]);
  });
});

const folderOf = (project: TempProject, step: string): AttemptFolder => attemptFolder(runDirectory(join(project.folder, 'study/runs/words')).job(`${step}/cohort`), 1);

/** The lines from the one that names the job's trouble to the last indented one. */
function messageOf(stderr: string, job: string): string {
  const lines = stderr.split('\n');
  const from = lines.findIndex((line) => line.startsWith(job) && !line.startsWith(`${job} started`));
  const to = lines.findIndex((line, i) => i > from && !line.startsWith('    '));
  return lines.slice(from, to).join('\n');
}
