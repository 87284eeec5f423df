// The fault matrix: what can become of a job in a real Slurm, each row through the launcher to its verdict. All rows run at once on one cluster
// without accounting; the rows that kill a controller have a cluster of their own, and those that ask accounts another (faults-*.test.ts).
//
// Shortened: the time limit is not a minute but comes when scontrol sets it to 0; the grace period is 6 s instead of 60.
import {copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as wait} from 'node:timers/promises';
import {afterAll, beforeAll, expect, test} from 'vitest';
import type {ProcessEnd} from '../../../pipeline/executors/process.ts';
import {writeSubmission} from '../../../pipeline/executors/slurm/submission-record.ts';
import {handOver} from '../../../pipeline/executors/slurm/hand-over.ts';
import type {SlurmProfile} from '../../../pipeline/model/profile.ts';
import {attemptFolder, runDirectory} from '../../../pipeline/record/run-directory.ts';
import {describeWithSlurm, type Cluster} from '../../rig/slurm.ts';
import {graceSeconds, slurmEngine, stateOf, verdictOf, type JobWish, type SlurmEngine, type SlurmJob} from '../../rig/slurm-jobs.ts';
import {until} from '../../rig/until.ts';

const root = mkdtempSync(join(tmpdir(), 'lymphline-slurm-'));
const settings = join(root, 'more.conf');
writeFileSync(settings, `PreemptType=preempt/partition_prio
PreemptMode=CANCEL
PartitionName=low Nodes=ALL PriorityTier=1 State=UP
PartitionName=gentle Nodes=ALL PriorityTier=1 GraceTime=3 State=UP
PartitionName=high Nodes=ALL PriorityTier=10 State=UP
`);
afterAll(() => rmSync(root, {recursive: true, force: true}));

interface Scene {
  readonly cluster: Cluster;
  /** Of the row: its jobs are called so. */
  readonly name: string;
  /** One for all rows that ask for nothing special. */
  readonly engine: SlurmEngine;
}

interface Row {
  readonly name: string;
  readonly verdict: string;
  readonly run: (scene: Scene) => Promise<ProcessEnd>;
  readonly needsMemoryLimits?: boolean;
}

const hog = "python3 -c 'x = bytearray(400 * 1024 * 1024)'";
/** Ends when it is told to, and calls that a success. */
const obliging = "trap 'exit 0' TERM; sleep 1000 & wait";

/** Ends with 0 once the test has written `go` into its folder. */
const untilTold = 'until [ -e go ]; do sleep 0.1; done; exit 0';

/** A job that nothing but its own script happens to. */
const plain = (script: string, more: Partial<JobWish> = {}) => ({engine, name}: Scene): Promise<ProcessEnd> => engine.start(`${name}/x`, {script, ...more}).end;

/** A job to which something happens once it runs. */
const meets = (script: string, fault: (scene: Scene, id: string, job: SlurmJob) => unknown, profile?: SlurmProfile) => async (scene: Scene): Promise<ProcessEnd> => {
  const job = (profile === undefined ? scene.engine : engineOf(scene, profile)).start(`${scene.name}/x`, {script: `touch begun; ${script}`});
  await job.wrote('begun');
  await fault(scene, await job.id(), job);
  return job.end;
};

const engineOf = ({cluster, name}: Scene, profile: SlurmProfile): SlurmEngine => slurmEngine(cluster, join(root, name), {profile});
const scancel = (...options: readonly string[]) => ({cluster}: Scene, id: string): unknown => cluster.ask('scancel', ...options, id);
const timeIsUp = ({cluster}: Scene, id: string): unknown => cluster.ask('scontrol', 'update', `jobid=${id}`, 'TimeLimit=0');
const nodeOf = ({cluster}: Scene, id: string): string => cluster.ask('squeue', '--noheader', '--jobs', id, '--format=%N').trim();
const takeItsNode = (scene: Scene, id: string): unknown =>
  scene.cluster.ask('sbatch', '--partition=high', '--exclusive', '--time=1', `--nodelist=${nodeOf(scene, id)}`, '--output=/dev/null', '--wrap=true');
const rest = (seconds: number): Promise<void> => wait(seconds * 1000);

const rows: readonly Row[] = [
  {name: 'ends-well', verdict: 'exit 0', run: plain('exit 0')},
  {name: 'exit-3', verdict: 'exit 3', run: plain('exit 3')},
  {name: 'exit-75-as-the-script-itself', verdict: 'exit 75', run: plain('exit 75')},
  {name: 'segv', verdict: 'SIGSEGV', run: plain('kill -s SEGV $$')},
  {name: 'killed-below-a-shell', verdict: 'SIGKILL', run: plain("sh -c 'kill -s KILL $$'; exit $?")},
  {name: 'memory', verdict: 'out-of-memory', run: plain(`exec ${hog}`), needsMemoryLimits: true},
  {name: 'memory-in-a-pipe-that-ends-well', verdict: 'out-of-memory', run: plain(`${hog} | cat; exit 0`), needsMemoryLimits: true},
  {name: 'time', verdict: 'timeout', run: meets('exec sleep 1000', timeIsUp)},
  {name: 'time-and-a-handler-that-ends-with-5', verdict: 'timeout', run: meets("trap 'exit 5' TERM; sleep 1000 & wait", timeIsUp)},
  {name: 'time-and-a-handler-that-ends-well', verdict: 'timeout', run: meets(obliging, timeIsUp)},
  {name: 'scancel', verdict: 'cancelled (CANCELLED None)', run: meets('exec sleep 1000', scancel())},
  {name: 'scancel-of-one-that-calls-it-success', verdict: 'cancelled (CANCELLED None)', run: meets(obliging, scancel())},
  {name: 'scancel-of-one-that-ignores-it', verdict: 'cancelled (CANCELLED None)', run: meets("trap '' TERM; sleep 1000; sleep 1000", scancel())},
  {name: 'scancel-before-it-starts', verdict: 'cancelled (CANCELLED JobHeldUser)', run: async (scene) => {
    const job = engineOf(scene, {extra: ['--hold']}).start('x/x', {script: 'exit 0'});
    scene.cluster.ask('scancel', await job.id());
    return job.end;
  }},
  {name: 'scancel-of-one-that-has-ended', verdict: 'exit 0', run: async ({engine, name, cluster}) => {
    const job = engine.start(`${name}/x`, {script: 'exit 0'});
    await job.wrote('exit.json');
    cluster.ask('scancel', await job.id());
    return job.end;
  }},
  {name: 'a-signal-to-the-script', verdict: 'SIGTERM', run: meets('sleep 1000; exit 0', scancel('--batch', '--signal=TERM'))},
  {name: 'a-harmless-signal-to-the-script', verdict: 'exit 0', run: meets(untilTold, (scene, id, job) => (scancel('--batch', '--signal=USR1')(scene, id), job.write('go')))},
  {name: 'the-script-is-killed', verdict: 'SIGKILL', run: meets('exec sleep 1000', scancel('--batch', '--signal=KILL'))},
  {name: 'its-node-dies', verdict: 'node-failed (NODE_FAIL NodeDown)', run: meets('exec sleep 1000', (scene, id) => scene.cluster.do('kill-node', nodeOf(scene, id)), {extra: ['--exclusive']})},
  {name: 'preempted', verdict: 'preempted (PREEMPTED None)', run: meets('exec sleep 1000', takeItsNode, {partition: 'low', extra: ['--exclusive']})},
  {name: 'preempted-with-time-to-end', verdict: 'preempted (PREEMPTED None)', run: meets(obliging, takeItsNode, {partition: 'gentle', extra: ['--exclusive']})},
  {name: 'suspended-for-longer-than-the-grace-period', verdict: 'exit 0', run: meets(untilTold, async ({cluster}, id, job) => {
    cluster.ask('scontrol', 'suspend', id);
    await rest(graceSeconds + 2);
    cluster.ask('scontrol', 'resume', id);
    job.write('go');
  })},
  {name: 'requeued', verdict: 'requeued (PENDING BeginTime)', run: async (scene) => {
    const job = engineOf(scene, {extra: ['--requeue']}).start('x/x', {script: 'touch begun; exec sleep 1000'});
    await job.wrote('begun');
    const id = await job.id();
    scene.cluster.ask('scontrol', 'requeue', id);
    const end = await job.end;
    // It is not left in the queue, where it would start beside the next attempt.
    await until('its end in the queue', () => stateOf(scene.cluster, id) === 'CANCELLED');
    return end;
  }},
  {name: 'a-requeue-that-it-does-not-allow', verdict: 'exit 0', run: meets(untilTold, ({cluster}, id, job) => {
    expect(() => cluster.ask('scontrol', 'requeue', id)).toThrow('disabled');
    job.write('go');
  })},
  {name: 'no-folder-for-its-output', verdict: 'launch-failed (FAILED JobLaunchFailure)', run: ({cluster, name}) =>
    slurmEngine(cluster, join(root, name), {outputPath: join(root, 'missing/slurm.log')}).start('x/x', {script: 'exit 0'}).end},
  {name: 'a-set-up-line-fails', verdict: 'launch-failed (FAILED the set-up line "false" failed)', run: ({cluster, name}) =>
    slurmEngine(cluster, join(root, name), {setUp: ['true', 'false']}).start('x/x', {script: 'exit 0'}).end},
  {name: 'more-cores-than-any-node', verdict: 'never-starts (PENDING PartitionConfig)', run: plain('exit 0', {cpus: 64})},
  {name: 'more-memory-than-any-node', verdict: 'submit-refused (unknown Memory specification can not be satisfied; Batch job submission failed: Requested node configuration is not available)', run: plain('exit 0', {memory_gb: 999})},
  {name: 'a-dependency-that-never-comes-true', verdict: 'never-starts (CANCELLED DependencyNeverSatisfied)', run: async (scene) => {
    const failing = scene.cluster.ask('sbatch', '--parsable', '--time=1', '--output=/dev/null', '--wrap=false').trim();
    await until('a failed job', () => stateOf(scene.cluster, failing) === 'FAILED');
    return engineOf(scene, {extra: [`--dependency=afterok:${failing}`]}).start('x/x', {script: 'exit 0'}).end;
  }},
  {name: 'held-for-longer-than-the-grace-period', verdict: 'exit 0', run: async (scene) => {
    const job = engineOf(scene, {extra: ['--hold']}).start('x/x', {script: 'exit 0'});
    const id = await job.id();
    await rest(graceSeconds + 2);
    scene.cluster.ask('scontrol', 'release', id);
    return job.end;
  }},
  {name: 'a-file-that-comes-late', verdict: 'exit 0', run: lagging(3)},
  {name: 'a-file-that-never-comes', verdict: 'vanished (COMPLETED None)', run: lagging(Infinity)},
  {name: 'a-job-that-Slurm-does-not-know', verdict: 'vanished (unknown None)', run: async (scene) => {
    const first = engineOf(scene, {});
    const folder = attemptFolder(runDirectory(join(root, scene.name)).job('x/x'), 1);
    mkdirSync(folder.root, {recursive: true});
    writeSubmission(folder.submitted, {attempt: 'a', job: 'x/x', hash: 'x/x', token: 'lymphline-x-0', jobId: '999999', submitted: new Date().toISOString()});
    return first.start('x/x', {script: 'exit 0', isUnderWay: true}).end;
  }},
  {name: 'the-engine-dies-and-the-next-one-waits-on', verdict: 'exit 4', run: async (scene) => {
    const controller = new AbortController();
    const first = engineOf(scene, {}).start('x/x', {script: 'touch begun; until [ -e go ]; do sleep 0.1; done; exit 4', signal: controller.signal});
    await first.wrote('begun');
    controller.abort(handOver);
    expect(await first.end).toEqual({kind: 'interrupted'});
    first.write('go');
    return engineOf(scene, {}).start('x/x', {script: 'not started again', isUnderWay: true}).end;
  }},
];

/** What the job writes is seen by the engine so much later. */
function lagging(seconds: number): Row['run'] {
  return async (scene) => {
    const {name} = scene;
    const view = join(root, 'views', name);
    mkdirSync(view, {recursive: true});
    // Far longer than the file is late, also where this machine is.
    const engine = seconds < Infinity ? engineOf(scene, {grace_seconds: 60}) : scene.engine;
    const job = engine.start(`${name}/x`, {script: 'exit 0', view});
    await job.wrote('exit.json');
    await job.reaches('COMPLETED');
    if (seconds < Infinity) {
      await rest(seconds);
      copyFileSync(job.folder.exit, join(view, 'exit.json'));
    }
    return job.end;
  };
}

describeWithSlurm('the fault matrix', {nodes: 8, cpus: 4, settings}, (cluster) => {
  const ends = new Map<string, Promise<ProcessEnd>>();
  let nRight = 0;
  const here = rows.filter(({needsMemoryLimits = false}) => cluster.hasMemoryLimits || !needsMemoryLimits);

  beforeAll(() => {
    const engine = slurmEngine(cluster, join(root, 'plain'));
    for (const row of here) {
      const end = row.run({cluster, engine, name: row.name});
      end.catch(() => {});
      ends.set(row.name, end);
    }
  });

  for (const {name, verdict} of here) {
    test(`${name}: ${verdict}`, async () => {
      expect(verdictOf(await (ends.get(name) ?? Promise.reject(new Error('not started'))))).toBe(verdict);
      nRight++;
    });
  }
  for (const {name} of rows.filter((row) => !here.includes(row))) test.skip(`${name}: this machine has no memory limits that Slurm can set (cgroup v1)`, () => {});

  test('an array: each element has its own verdict', async () => {
    const engine = slurmEngine(cluster, join(root, 'array'));
    const jobs = [0, 1, 2, 3].map((code) => engine.start(`same/${code}`, {script: `exit ${code}`}));
    expect((await Promise.all(jobs.map(({end}) => end))).map(verdictOf)).toEqual(['exit 0', 'exit 1', 'exit 2', 'exit 3']);
    expect(await Promise.all(jobs.map(({id}) => id()))).toEqual([expect.stringMatching(/_0$/), expect.stringMatching(/_1$/), expect.stringMatching(/_2$/), expect.stringMatching(/_3$/)]);
  });

  test('a node where an attempt was lost is avoided, unless there is no other', async () => {
    const engine = slurmEngine(cluster, join(root, 'avoiding'));
    const last = cluster.nodes.at(-1) ?? '';
    const [other, none] = [engine.start('other/x', {script: 'exit 0', avoidNodes: cluster.nodes.slice(0, -1)}), engine.start('none/x', {script: 'exit 0', avoidNodes: cluster.nodes})];
    expect([await other.end, await none.end].map(verdictOf)).toEqual(['exit 0', 'exit 0']);
    expect(JSON.parse(readFileSync(other.folder.exit, 'utf8'))).toMatchObject({node: last});
  });

  test('an interruption ends what is ours, also where the answer of sbatch was lost, and nothing else', async () => {
    const folder = join(root, 'interrupted');
    const byHand = (name: string): string => cluster.ask('sbatch', '--parsable', `--job-name=${name}`, '--mem=50M', '--time=5', '--output=/dev/null', '--wrap=sleep 1000').trim();
    const [one, two, foreign] = ['token-1', 'token-2', 'not-ours'].map(byHand);
    const controller = new AbortController();
    const engine = slurmEngine(cluster, folder);
    const records = [{job: 'one/x', token: 'token-1'}, {job: 'two/x', token: 'token-2'}, {job: 'three/x', token: 'token-3', jobId: foreign}];
    const ends = records.map(({job, ...more}) => {
      const files = attemptFolder(runDirectory(folder).job(job), 1);
      mkdirSync(files.root, {recursive: true});
      writeSubmission(files.submitted, {attempt: job, job, hash: job, submitted: new Date().toISOString(), ...more});
      return engine.start(job, {script: 'exit 0', isUnderWay: true, signal: controller.signal}).end;
    });
    controller.abort();
    expect(await Promise.all(ends)).toEqual([{kind: 'interrupted'}, {kind: 'interrupted'}, {kind: 'interrupted'}]);
    for (const id of [one, two]) await until(`the end of ${id}`, () => stateOf(cluster, id) === 'CANCELLED');
    expect(stateOf(cluster, foreign)).toMatch(/^(RUNNING|PENDING)$/);
    cluster.ask('scancel', foreign);
  });

  afterAll(async () => {
    console.log(`fault matrix: ${here.length} rows, wrong verdicts ${here.length - nRight}`);
    // Also where only one test was asked for: nobody looks into folders that are gone.
    await Promise.allSettled(ends.values());
  });
});
