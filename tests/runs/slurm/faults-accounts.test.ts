// The rows of the fault matrix for which accounts are asked: the engine was away, Slurm has forgotten the jobs (MinJobAge 2 s), and the files that
// they wrote are lost. What sacct says is then all there is.
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import type {ProcessEnd} from '../../../pipeline/executors/process.ts';
import {handOver} from '../../../pipeline/executors/slurm/hand-over.ts';
import {attemptFolder, runDirectory} from '../../../pipeline/record/run-directory.ts';
import {describeWithSlurm, type Cluster} from '../../rig/slurm.ts';
import {slurmEngine, stateOf, verdictOf, type SlurmEngine, type SlurmJob} from '../../rig/slurm-jobs.ts';
import {until} from '../../rig/until.ts';

const root = mkdtempSync(join(tmpdir(), 'lymphline-slurm-'));
const settings = join(root, 'more.conf');
writeFileSync(settings, `PreemptType=preempt/partition_prio
PreemptMode=CANCEL
PartitionName=low Nodes=ALL PriorityTier=1 State=UP
PartitionName=high Nodes=ALL PriorityTier=10 State=UP
`);
afterAll(() => rmSync(root, {recursive: true, force: true}));

interface Row {
  readonly name: string;
  readonly script: string;
  readonly verdict: string;
  readonly fault?: (cluster: Cluster, id: string) => void;
  readonly extra?: readonly string[];
  readonly keepsFile?: boolean;
  readonly outputPath?: string;
  readonly needsMemoryLimits?: boolean;
}

const nodeOf = (cluster: Cluster, id: string): string => cluster.ask('squeue', '--noheader', '--jobs', id, '--format=%N').trim();
const scancel = (cluster: Cluster, id: string): void => void cluster.ask('scancel', id);

const rows: readonly Row[] = [
  {name: 'its file is there', script: 'exit 0', keepsFile: true, verdict: 'exit 0'},
  {name: 'it ended well, its file is lost', script: 'exit 0', verdict: 'vanished (COMPLETED None)'},
  {name: 'exit 3', script: 'exit 3', verdict: 'exit 3'},
  {name: 'memory', script: "python3 -c 'x = bytearray(400 * 1024 * 1024)' | cat; exit 0", verdict: 'out-of-memory', needsMemoryLimits: true},
  {name: 'time', script: 'exec sleep 1000', verdict: 'timeout', fault: (cluster, id) => void cluster.ask('scontrol', 'update', `jobid=${id}`, 'TimeLimit=0')},
  {name: 'scancel, its file tells the signal', script: 'exec sleep 1000', keepsFile: true, verdict: 'cancelled (CANCELLED None)', fault: scancel},
  // Root may have done it, or a slurmd whose controller was killed: sacct says the same of both.
  {name: 'scancel by root', script: 'exec sleep 1000', verdict: 'vanished (CANCELLED None)', fault: scancel},
  {name: 'preempted', script: 'exec sleep 1000', extra: ['--partition=low', '--exclusive'], verdict: 'preempted (PREEMPTED None)', fault: (cluster, id) =>
    void cluster.ask('sbatch', '--partition=high', '--exclusive', '--time=1', `--nodelist=${nodeOf(cluster, id)}`, '--output=/dev/null', '--wrap=true')},
  {name: 'its node dies', script: 'exec sleep 1000', extra: ['--exclusive'], verdict: 'node-failed (NODE_FAIL None)', fault: (cluster, id) => cluster.do('kill-node', nodeOf(cluster, id))},
  {name: 'no folder for its output', script: 'exit 0', outputPath: join(root, 'missing/slurm.log'), verdict: 'launch-failed (FAILED None)'},
];

describeWithSlurm('the fault matrix with accounts', {nodes: 4, cpus: 8, accounts: true, settings}, (cluster) => {
  const here = rows.filter(({needsMemoryLimits = false}) => cluster.hasMemoryLimits || !needsMemoryLimits);
  const ends = new Map<string, ProcessEnd>();
  let nRight = 0;
  let nAsked = 0;

  beforeAll(async () => {
    cluster.do('set', 'MinJobAge=2');
    const ids = await Promise.all(here.map((row, at) => leave(cluster, engineOf(cluster, row, at), row)));
    await until('Slurm to forget them', () => ids.every((id) => stateOf(cluster, id) === '') || undefined, 120);
    for (const [at, row] of here.entries()) if (row.keepsFile !== true) rmSync(attemptFolder(runDirectory(join(root, String(at))).job('x/x'), 1).exit, {force: true});
    await Promise.all(here.map(async (row, at) => {
      const engine = engineOf(cluster, row, at);
      ends.set(row.name, await engine.start('x/x', {script: 'not started again', isUnderWay: true}).end);
      nAsked += engine.launcher.counts.sacct;
    }));
  });

  for (const {name, verdict} of here) {
    test(`${name}: ${verdict}`, () => {
      const end = ends.get(name);
      expect(end && verdictOf(end)).toBe(verdict);
      nRight++;
    });
  }
  for (const {name} of rows.filter((row) => !here.includes(row))) test.skip(`${name}: this machine has no memory limits that Slurm can set (cgroup v1)`, () => {});

  test('accounts were asked for each', () => {
    expect(nAsked).toBeGreaterThanOrEqual(here.length);
  });

  afterAll(() => console.log(`fault matrix with accounts: ${here.length} rows, wrong verdicts ${here.length - nRight}`));
});

const engineOf = (cluster: Cluster, {extra, outputPath}: Row, at: number): SlurmEngine => slurmEngine(cluster, join(root, String(at)), {profile: {extra: extra ?? []}, ...(outputPath === undefined ? {} : {outputPath})});

/** Starts the job with an engine that leaves it alone; its id. */
async function leave(cluster: Cluster, engine: SlurmEngine, {script, fault}: Row): Promise<string> {
  const controller = new AbortController();
  const job: SlurmJob = engine.start('x/x', {script: `touch begun; ${script}`, signal: controller.signal});
  const id = await job.id();
  controller.abort(handOver);
  expect(await job.end).toEqual({kind: 'interrupted'});
  if (fault !== undefined) {
    await job.wrote('begun');
    fault(cluster, id);
  }
  return id;
}
