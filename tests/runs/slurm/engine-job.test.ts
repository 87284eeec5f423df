// The engine as a batch job, ended in each way that Slurm or a user has: whatever it is, no job runs twice and none is left without a word. All at once
// on one cluster; the engines that are preempted, or whose node dies, have nodes of their own, all others and the jobs of the steps have the rest.
//
// Shortened: a requeued job is made to start at once instead of after two minutes (scontrol update StartTime=now).
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as wait} from 'node:timers/promises';
import {afterAll, beforeAll, expect, test, vi} from 'vitest';
import {describeWithSlurm} from '../../rig/slurm.ts';
import {stateOf} from '../../rig/slurm-jobs.ts';
import {until} from '../../rig/until.ts';
import {ofRun, slurmProject, words, type SlurmProject} from '../../rig/slurm-project.ts';
import type {CliRun} from '../../rig/temp-project.ts';

// All wait on each other's processor.
vi.setConfig({testTimeout: 240_000});
const folder = mkdtempSync(join(tmpdir(), 'lymphline-slurm-'));
const settings = join(folder, 'more.conf');
writeFileSync(settings, 'PreemptType=preempt/partition_prio\nPreemptMode=REQUEUE\n');
afterAll(() => rmSync(folder, {recursive: true, force: true}));

const run = ['run', 'study/run.yaml', '--profile', 'slurm.yaml'];
const profile = (partition: string, more = ''): string => `launcher: slurm\nengine: none\nslurm: {grace_seconds: 3, partition: steps, ${more}engine: {memory_gb: 1, minutes: 30, partition: ${partition}}}\n`;

describeWithSlurm('the batch job of the engine', {nodes: 6, cpus: 12, memory: 64_000, settings}, (cluster) => {
  beforeAll(() => {
    // Slurm's default is 30 s; the cluster of other tests kills after 3.
    cluster.do('set', 'KillWait=20');
    const [one, two, three, four, ...rest] = cluster.nodes;
    for (const [name, nodes, more] of [['frail', `${three},${four}`, 'PriorityTier=1'], ['low', one, 'PreemptMode=REQUEUE'], ['lowest', two, 'PreemptMode=CANCEL'], ['steps', rest.join(','), 'PriorityTier=1'], ['high', `${one},${two}`, 'PriorityTier=10']])
      cluster.ask('scontrol', 'create', `PartitionName=${name}`, `Nodes=${nodes}`, 'State=UP', more);
  });

  const said = (project: SlurmProject): string => readFileSync(ofRun(project, 'engine-job.log'), 'utf8');
  const status = async (project: SlurmProject): Promise<string> => (await project.ask('status', 'study/runs/words')).stdout;
  const cancel = (project: SlurmProject): Promise<CliRun> => project.ask('cancel', 'study/runs/words');
  /** Of what Slurm has of this run, engine and jobs. */
  const inQueue = (project: SlurmProject): string[] => cluster.ask('squeue', '--noheader', '--array', '--format=%i %Z').split('\n').filter((line) => line.includes(project.folder)).map((line) => line.split(' ')[0]);
  const engineOf = (project: SlurmProject): {jobId: string} => JSON.parse(readFileSync(ofRun(project, 'engine-job.json'), 'utf8')) as {jobId: string};

  /** Counting waits for `go`. */
  function patientProject(changed: Readonly<Record<string, string>>): SlurmProject {
    const project = slurmProject(cluster, {seconds: 1, changed});
    const step = 'steps/count/run.ts';
    project.write(step, readFileSync(join(project.folder, step), 'utf8').replace(/await new Promise.*/, `while (!(await import('node:fs')).existsSync('${project.memory}/go')) await new Promise((done) => setTimeout(done, 100));`));
    return project;
  }
  const go = ({memory}: SlurmProject): void => writeFileSync(join(memory, 'go'), '');

  /** Submitted, and both jobs of the counting step have begun. */
  async function underWay(partition: string): Promise<{project: SlurmProject; id: string}> {
    const project = patientProject({'slurm.yaml': profile(partition)});
    const submitted = await project.ask(...run, '--submit');
    expect(submitted.status, submitted.stderr).toBe(0);
    await until('two jobs', () => project.starts().length === 2);
    return {project, id: submitted.stdout.trim()};
  }

  async function startsAgain(id: string): Promise<void> {
    // A node counts as dead after a while.
    await until(`${id} to wait`, () => stateOf(cluster, id) === 'PENDING', 120);
    // Slurm names the later time once the old processes are gone, which may come after this.
    const isStarted = (): boolean => {
      if (stateOf(cluster, id) !== 'PENDING') return true;
      try {
        cluster.ask('scontrol', 'update', `JobId=${id}`, 'StartTime=now');
      } catch {
        // It has started meanwhile.
      }
      return false;
    };
    await until(`${id} to start`, isStarted, 100, 1);
  }

  async function isTakenOverAndFinished(project: SlurmProject): Promise<void> {
    await until('the next engine', () => takenOver.test(said(project)));
    go(project);
    await until('the end of the run', () => inQueue(project).length === 0);
    expect(said(project)).toMatch(/words: 3 jobs run, 2 reused, 0 failed, 0 not started, [\d.]+ s\n/);
    expect(project.starts()).toEqual(['S1', 'S2']);
    expect(readFileSync(ofRun(project, 'results/tables/total.tsv'), 'utf8')).toBe(words);
    expect(await status(project)).toMatch(/^words: finished\n/);
  }

  const takenOver = /count\/S1 started: its attempt 1 was handed over by an earlier run, and is taken over\./;
  const isHandedOver = /; handed over: the jobs in Slurm go on, and the next engine takes them over\n/;

  test.concurrent('scontrol requeue: its jobs go on, and it takes them over when Slurm starts it again', async () => {
    const {project, id} = await underWay('steps');
    try {
      cluster.ask('scontrol', 'requeue', id);
      await startsAgain(id);
      await isTakenOverAndFinished(project);
      expect(said(project)).toMatch(isHandedOver);
      expect(said(project)).not.toContain('the run goes on as Slurm job');
      expect(engineOf(project).jobId).toBe(id);
    } finally {
      project.remove();
    }
  });

  const takeNode = (node: string): string => cluster.ask('sbatch', '--parsable', '--partition=high', '--exclusive', '--time=1', `--nodelist=${node}`, '--output=/dev/null', '--wrap=sleep 1').trim();

  test.concurrent('preempted where that means a requeue: the same', async () => {
    const {project, id} = await underWay('low');
    try {
      takeNode(cluster.nodes[0]);
      await startsAgain(id);
      await isTakenOverAndFinished(project);
      expect(said(project)).toMatch(isHandedOver);
      expect(engineOf(project).jobId).toBe(id);
    } finally {
      project.remove();
    }
  });

  test.concurrent('preempted where that means its end: it hands over to a next one', async () => {
    const {project, id} = await underWay('lowest');
    try {
      takeNode(cluster.nodes[1]);
      await until('a next engine', () => engineOf(project).jobId !== id);
      await isTakenOverAndFinished(project);
      expect(said(project)).toMatch(isHandedOver);
      expect(stateOf(cluster, id)).toBe('PREEMPTED');
    } finally {
      project.remove();
    }
  });

  test.concurrent('its node dies, and it with that: Slurm starts it again on another, where it takes its jobs over', async () => {
    const {project, id} = await underWay('frail');
    try {
      const node = cluster.ask('squeue', '--noheader', '--jobs', id, '--format=%N').trim();
      cluster.do('kill-node', node);
      const {pid} = JSON.parse(readFileSync(ofRun(project, 'lock.json'), 'utf8')) as {pid: number};
      // First Slurm's own process of the job, which would report its end.
      const [, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
      for (const one of [Number(parent), pid]) process.kill(one, 'SIGKILL');
      await startsAgain(id);
      await isTakenOverAndFinished(project);
      expect(engineOf(project).jobId).toBe(id);
      expect(/ BatchHost=(\S+)/.exec(cluster.ask('scontrol', 'show', 'job', '--oneliner', id))?.[1]).not.toBe(node);
    } finally {
      project.remove();
    }
  });

  test.concurrent('its time is up, and the signal before that had not come: it hands over all the same', async () => {
    const {project, id} = await underWay('steps');
    try {
      cluster.ask('scontrol', 'update', `JobId=${id}`, 'TimeLimit=0');
      await until('a next engine', () => engineOf(project).jobId !== id);
      await isTakenOverAndFinished(project);
    } finally {
      project.remove();
    }
  });

  test.concurrent('scancel, however often: its jobs end with it, and a run again goes on', async () => {
    const {project, id} = await underWay('steps');
    try {
      for (let i = 0; i < 3; i++) cluster.ask('scancel', id);
      await until('an empty queue', () => inQueue(project).length === 0);
      expect(said(project)).toMatch(/; interrupted: run again to go on\n/);
      expect(await status(project)).toMatch(/^words: stopped\n +2 complete\n +2 unfinished\n +1 waiting\n/);
      expect(project.starts()).toEqual(['S1', 'S2']);
      go(project);
      expect((await project.ask(...run)).status).toBe(0);
    } finally {
      project.remove();
    }
  });

  test.concurrent('scancel while it waits to be started again reaches nobody: status tells of its jobs, and lymphline cancel ends them', async () => {
    const {project, id} = await underWay('steps');
    try {
      cluster.ask('scontrol', 'requeue', id);
      await until(`${id} to wait`, () => stateOf(cluster, id) === 'PENDING');
      const toEnd = `To end what is in Slurm: lymphline cancel ${ofRun(project, '').replace(/\/$/, '')}\n`;
      expect(await status(project)).toMatch(new RegExp(`^words: queued\n {2}engine: Slurm job ${id}, PENDING \\(BeginTime\\)\n +2 complete\n +2 handed over\n +1 waiting\n`));
      expect(await status(project)).toContain(toEnd);
      cluster.ask('scancel', id);
      expect(inQueue(project)).toHaveLength(2);
      expect(await status(project)).toMatch(/^words: stopped\n +2 complete\n +2 handed over\n +1 waiting\n/);
      expect(await status(project)).toContain(toEnd);
      const here = await project.ask('run', 'study/run.yaml');
      expect(here.status).toBe(75);
      expect(here.stderr).toMatch(/^2 jobs of an earlier run may still be in Slurm: .*\n {4}Run with the profile that started them, which takes them over, or end them with `lymphline cancel`; then run again\.\n$/);
      const cancelled = await cancel(project);
      expect(cancelled.status, cancelled.stderr).toBe(0);
      expect(cancelled.stdout).toBe('2 jobs are cancelled: count/S1 count/S2\n');
      await until('an empty queue', () => inQueue(project).length === 0);
      expect(await status(project)).not.toContain('lymphline cancel');
      expect((await cancel(project)).stdout).toBe('words has nothing in Slurm.\n');
    } finally {
      project.remove();
    }
  });

  test.concurrent('lymphline cancel ends an engine that runs, and one that waits, with their jobs', async () => {
    const {project, id} = await underWay('steps');
    try {
      const running = await cancel(project);
      expect(running.status, running.stderr).toBe(0);
      expect(running.stdout).toBe(`Slurm job ${id}, lymphline itself, is cancelled, and with it the jobs that it followed.\n`);
      await until('an empty queue', () => inQueue(project).length === 0);
      expect(await status(project)).toMatch(/^words: stopped\n +2 complete\n +2 unfinished\n/);
      const second = (await project.ask(...run, '--submit')).stdout.trim();
      await until('two jobs again', () => project.starts().length === 4);
      cluster.ask('scontrol', 'requeue', second);
      await until(`${second} to wait`, () => stateOf(cluster, second) === 'PENDING');
      expect((await cancel(project)).stdout).toBe(`Slurm job ${second}, lymphline itself, is cancelled, and with it the jobs that it followed.\n2 jobs are cancelled: count/S1 count/S2\n`);
      await until('an empty queue', () => inQueue(project).length === 0);
    } finally {
      project.remove();
    }
  });

  test.concurrent('an engine in a shell: cancel names its process; one that dies leaves jobs, and an interruption takes back also those that the next one had no place for yet', async () => {
    const project = patientProject({'slurm.yaml': profile('steps'), 'one.yaml': `${profile('steps', 'max_jobs: 1, ')}resources: {count: {memory_gb: 3}}\n`});
    try {
      const first = project.start(...run);
      await until('two jobs', () => project.starts().length === 2);
      const refused = await cancel(project);
      expect(refused.status).toBe(75);
      expect(refused.stderr).toMatch(new RegExp(`^words is run by process ${first.child.pid} on \\S+ since \\S+, which takes its jobs along when it is stopped there: kill ${first.child.pid}\n$`));
      first.child.kill('SIGKILL');
      await first.ended;
      expect(inQueue(project)).toHaveLength(2);
      const second = project.start(...run.slice(0, -1), 'one.yaml');
      await until('one to be taken over', () => takenOver.test(second.stderr()));
      expect(second.stderr()).not.toContain('count/S2 started');
      second.child.kill('SIGINT');
      expect(await second.ended).toBe(130);
      // What is taken over has what it was given, whatever the profile says by now.
      const events = readFileSync(ofRun(project, 'events.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as {kind: string; job: string; memory_gb: number});
      expect(events.findLast(({kind, job}) => kind === 'job-started' && job === 'count/S1')?.memory_gb).toBe(1);
      await until('an empty queue', () => inQueue(project).length === 0);
    } finally {
      project.remove();
    }
  });

  test.concurrent('an engine whose run another one has taken over leaves the jobs to it', async () => {
    const project = patientProject({'slurm.yaml': profile('steps')});
    try {
      const first = project.start(...run);
      await until('two jobs', () => project.starts().length === 2);
      const lock = ofRun(project, 'lock.json');
      writeFileSync(lock, readFileSync(lock, 'utf8').replace(/"pid":\d+/, `"pid":${process.pid}`));
      await first.ended;
      expect(first.stderr()).toContain('was taken over by another engine while this one was silent; this one stops.\n');
      await wait(1000);
      expect(inQueue(project)).toHaveLength(2);
      for (const id of inQueue(project)) expect(stateOf(cluster, id)).toBe('RUNNING');
      rmSync(lock);
      expect((await cancel(project)).stdout).toBe('2 jobs are cancelled: count/S1 count/S2\n');
      await until('an empty queue', () => inQueue(project).length === 0);
    } finally {
      project.remove();
    }
  });
});
