// A container engine rewrites an argv and knows how to read its end; it starts nothing itself.
import type {ProcessEnd} from './process.ts';
import {outputsIn, scratchInside, temporaryIn, type Scratch} from './scratch.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface EngineRequest {
  readonly argv: readonly string[];
  /** As this engine knows it: an image id (Docker, Podman) or the path of an image file or folder; '' without containers. */
  readonly image: string;
  /** Working folder. Every path is the same inside and outside. */
  readonly folder: string;
  readonly readable: readonly string[];
  readonly writable: readonly string[];
  /** Without it temporary files of a container lie in its /tmp, in memory. */
  readonly scratch?: Scratch;
  readonly environment: Environment;
  readonly limits: {readonly cpus: number; readonly memory_gb: number};
  /** Of the container, unique on this machine. */
  readonly name: string;
  /** Of the run: containers that an earlier engine left behind are found by it. */
  readonly run: string;
}

export interface ContainerEngine {
  readonly name: 'none' | 'docker' | 'podman' | 'apptainer' | 'charliecloud';
  /** The program to look for on PATH; absent without containers. */
  readonly program?: string;
  readonly wrap: (request: EngineRequest) => readonly string[];
  /** What the program inside came to; `log` is the end of what was printed. */
  readonly readEnd: (end: ProcessEnd, scene: {readonly request: EngineRequest; readonly log: string}) => ProcessEnd;
  /** What of the strict setting it cannot do, and why. */
  readonly lacks?: {readonly memory?: string; readonly plainUser?: string};
  /** Whose files a container can read, and who owns what it writes: even root has no privileges in it. */
  readonly user?: {readonly uid: number; readonly gid: number};
  /** A container may outlive its client: these argv end and remove it, and list what a run left. */
  readonly daemon?: {
    readonly remove: (names: readonly string[]) => readonly string[];
    readonly list: (run: string) => readonly string[];
  };
}

/** Of the host alone: a program inside finds its own. */
const ofHost = ['PATH', 'IGDATA', 'HOME', 'TMPDIR', 'LD_LIBRARY_PATH', 'NODE_COMPILE_CACHE', 'LYMPHLINE_DATA'];

/** Libraries start as many threads as the machine has cores, unless told. */
export const threadsOf = ({cpus}: EngineRequest['limits']): Record<string, string> =>
  Object.fromEntries(['OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS', 'NUMBA_NUM_THREADS'].map((name) => [name, String(cpus)]));

/** What a program inside gets: none of the host's folders. */
export function environmentInside({environment, limits, scratch}: EngineRequest): [string, string][] {
  const given = Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined && !ofHost.includes(entry[0]));
  return Object.entries({...threadsOf(limits), ...Object.fromEntries(given), HOME: '/tmp', ...(scratch === undefined ? {} : {TMPDIR: temporaryIn(scratchInside)})}).sort(([a], [b]) => (a < b ? -1 : 1));
}

export interface Mount {
  readonly path: string;
  readonly writable: boolean;
  /** What of the machine is seen there, where that is another path. */
  readonly from?: string;
}

/** Each folder once, those above before those below; what lies in a folder that is mounted anyway is left out. */
export function mountsOf({readable, writable, scratch}: Pick<EngineRequest, 'readable' | 'writable' | 'scratch'>): Mount[] {
  const all: Mount[] = [
    ...[...new Set(writable)].map((path) => ({path, writable: true})),
    ...[...new Set(readable)].map((path) => ({path, writable: false})),
    ...(scratch === undefined ? [] : [{path: scratchInside, from: scratch.folder, writable: true}]),
    ...(scratch?.outputs === undefined ? [] : [{path: scratch.outputs, from: outputsIn(scratch.folder), writable: true}]),
  ];
  const isBelow = (path: string, folder: string): boolean => path.startsWith(`${folder.replace(/\/$/, '')}/`);
  return all
    .filter((one) => one.writable || !all.some((other) => other.path !== one.path ? isBelow(one.path, other.path) : other.writable))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

const signals: Readonly<Record<number, string>> = {1: 'SIGHUP', 2: 'SIGINT', 3: 'SIGQUIT', 4: 'SIGILL', 6: 'SIGABRT', 7: 'SIGBUS', 8: 'SIGFPE', 9: 'SIGKILL', 11: 'SIGSEGV', 13: 'SIGPIPE', 15: 'SIGTERM', 24: 'SIGXCPU', 25: 'SIGXFSZ'};

/** Engines tell a signal as 128 + its number. */
export function signalOf(exitCode: number): ProcessEnd | undefined {
  const signal = signals[exitCode - 128];
  return signal === undefined ? undefined : {kind: 'signal', signal};
}
