// A real Slurm for a test: its own cluster of virtual nodes (slurm.sh), up before the tests of a block and gone after them. Where the packages are
// absent, one skipped test says so; with CI=true that is a failure.
import {spawnSync} from 'node:child_process';
import {accessSync, constants, existsSync} from 'node:fs';
import {homedir} from 'node:os';
import {join, resolve} from 'node:path';
import {afterAll, beforeAll, describe, test} from 'vitest';

export interface ClusterWish {
  /** Default 4, with `cpus` (2) and `memory` (4000 MB) each, whatever the machine has. */
  readonly nodes?: number;
  readonly cpus?: number;
  readonly memory?: number;
  /** False: nothing of the kernel's holds a job to its memory, as where Slurm has no control groups. */
  readonly limits?: boolean;
  /** With accounting: sacct answers. Costs ten seconds. */
  readonly accounts?: boolean;
  /** A file of further lines for slurm.conf. */
  readonly settings?: string;
}

export interface Cluster {
  readonly name: string;
  readonly nodes: readonly string[];
  /** With what Slurm's commands need to find it. */
  readonly environment: NodeJS.ProcessEnv;
  /** Jobs that use more memory than they asked for are killed: cgroup v1 only. */
  readonly hasMemoryLimits: boolean;
  /** A verb of slurm.sh on this cluster: kill-node, start-node, kill-ctld, stop-ctld, start-ctld, set. */
  readonly do: (verb: string, ...rest: readonly string[]) => void;
  /** One of Slurm's commands; throws where it fails. */
  readonly ask: (program: string, ...args: readonly string[]) => string;
}

let started = 0;

/** A block of tests on a cluster of its own; `title` may say what is special about it. */
export function describeWithSlurm(title: string, wish: ClusterWish, body: (cluster: Cluster) => void): void {
  const reason = missing(wish);
  if (reason === undefined) {
    const cluster = clusterOf(`t${process.pid}x${started++}`, wish);
    describe(title, () => {
      beforeAll(() => cluster.do('up', ...optionsOf(wish)));
      afterAll(() => cluster.do('down'));
      body(cluster);
    });
    return;
  }
  const words = `Slurm is not on hand: ${reason}`;
  if (process.env['CI'] === 'true') {
    test(`${title}: Slurm is on hand`, () => {
      throw new Error(words);
    });
    return;
  }
  console.warn(words);
  test.skip(`${title}: ${words}`, () => {});
}

function missing({accounts = false}: ClusterWish): string | undefined {
  const programs = ['slurmctld', 'slurmd', 'munged', ...(accounts ? ['slurmdbd', 'mariadbd'] : [])];
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin'];
  const absent = programs.find((program) => !folders.some((folder) => existsSync(join(folder, program))));
  if (absent !== undefined) return `no ${absent}; run \`tests/rig/machine.sh up slurm\` (Debian 12, root)`;
  if (process.getuid?.() !== 0) return 'a cluster on one machine needs root';
  return rig().length > 36 ? `${rig()} is too long a name for a folder that holds sockets: set LYMPHLINE_RIG to one of up to 36 characters` : undefined;
}

/** A container may show control groups and keep them closed. */
function canWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function optionsOf({nodes, cpus, memory, accounts, settings, limits}: ClusterWish): string[] {
  const of = (option: string, value: number | string | undefined): string[] => (value === undefined ? [] : [option, String(value)]);
  return [...of('--nodes', nodes), ...of('--cpus', cpus), ...of('--memory', memory), ...of('--conf', settings), ...(accounts ? ['--dbd'] : []), ...(limits === false ? ['--no-limits'] : []), '--owner', String(process.pid)];
}

const rig = (): string => process.env['LYMPHLINE_RIG'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'lymphline-rig');

function clusterOf(name: string, wish: ClusterWish): Cluster {
  const environment = {...process.env, LYMPHLINE_RIG: rig(), SLURM_CONF: join(rig(), 'slurm', name, 'slurm.conf'), PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`};
  const run = (program: string, args: readonly string[]): string => {
    const {status, stdout, stderr, error} = spawnSync(program, args, {encoding: 'utf8', env: environment, timeout: 230_000});
    if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? stderr.trim()}`);
    return stdout;
  };
  return {
    name, environment, hasMemoryLimits: wish.limits !== false && ['memory', 'freezer'].every((kind) => canWrite(`/sys/fs/cgroup/${kind}`)),
    nodes: Array.from({length: wish.nodes ?? 4}, (_, at) => `${name}-${at + 1}`),
    do: (verb, ...rest) => void run(resolve(import.meta.dirname, 'slurm.sh'), [verb, name, ...rest]),
    ask: (program, ...args) => run(program, args),
  };
}
