// Docker and Podman: the same options, strict by default.
import {availableParallelism} from 'node:os';
import {environmentInside, mountsOf, signalOf, type ContainerEngine, type EngineRequest, type Mount} from './engine.ts';
import type {ProcessEnd} from './process.ts';

/** Inside a container nothing runs as root. Root's own files may be closed to this user, so that the job folder is given to it. */
const plainUser = {uid: 1000, gid: 1000};

export function dockerEngine(caller: {readonly uid: number; readonly gid: number}): ContainerEngine {
  const user = caller.uid === 0 ? plainUser : caller;
  return daemonEngine({name: 'docker', user, userOptions: ['--user', `${user.uid}:${user.gid}`]});
}

export function podmanEngine(caller: {readonly uid: number; readonly gid: number}): ContainerEngine {
  // Without root, Podman maps users: keep-id makes the caller the same user inside.
  if (caller.uid !== 0) return daemonEngine({name: 'podman', user: caller, userOptions: ['--userns', 'keep-id']});
  return daemonEngine({name: 'podman', user: plainUser, userOptions: ['--user', `${plainUser.uid}:${plainUser.gid}`]});
}

interface Flavour {
  readonly name: 'docker' | 'podman';
  readonly user: {readonly uid: number; readonly gid: number};
  readonly userOptions: readonly string[];
}

function daemonEngine({name, user, userOptions}: Flavour): ContainerEngine {
  return {
    name,
    program: name,
    user,
    wrap: (request) => [name, 'run', ...strictOptions(request), ...userOptions, '--entrypoint', '', request.image, ...request.argv],
    readEnd: (end, {request, log, inspection}) => readEnd(name, end, {request, log, inspection}),
    daemon: {
      inspect: (container) => [name, 'inspect', '--type', 'container', '--format', '{{json .State}}', container],
      remove: (containers) => [name, 'rm', '--force', ...containers],
      list: (run) => [name, 'ps', '--all', '--quiet', '--no-trunc', '--filter', `label=lymphline.run=${run}`],
    },
  };
}

function strictOptions(request: EngineRequest): string[] {
  const {limits, folder, name, run} = request;
  const memory = `${Math.ceil(limits.memory_gb * 1024)}m`;
  return [
    // A missing image is an answer, not a download. --init reaps, and passes on the signals that a PID 1 would ignore.
    '--name', name, '--label', `lymphline.run=${run}`, '--pull', 'never', '--init',
    '--network', 'none', '--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges',
    '--tmpfs', `/tmp:rw,nosuid,nodev,size=${memory}`,
    // The same value for swap, or the limit is doubled where there is swap.
    '--memory', memory, '--memory-swap', memory, '--cpus', String(Math.min(limits.cpus, availableParallelism())), '--pids-limit', '4096', '--ulimit', 'core=0',
    '--workdir', folder,
    ...mountsOf(request).flatMap((mount) => ['--mount', mountOption(mount)]),
    ...environmentInside(request).flatMap(([key, value]) => ['--env', `${key}=${value}`]),
  ];
}

/** --mount is read as one line of CSV. Unlike -v it fails where the source is missing, instead of making a folder. */
export function mountOption({path, writable}: Mount): string {
  const fields = ['type=bind', `src=${path}`, `dst=${path}`, ...(writable ? [] : ['readonly=true'])];
  return fields.map((field) => (/[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',');
}

interface ContainerState {
  readonly Status?: string;
  readonly OOMKilled?: boolean;
  readonly Error?: string;
}

function readEnd(name: string, end: ProcessEnd, {request, log, inspection}: {request: EngineRequest; log: string; inspection: string}): ProcessEnd {
  if (end.kind !== 'exit' || end.exitCode === 0) return end;
  const state = parseState(inspection);
  if (state?.OOMKilled) return {kind: 'out-of-memory'};
  const [program = ''] = request.argv;
  // The init process says so itself, with 127 for what is not there and 126 for what may not be executed.
  const unstarted = /exec .* failed: (No such file or directory|Permission denied)/.exec(log) ?? /(?:exec(?:utable file)?:? .*?)(not found|no such file or directory|permission denied)/i.exec(state?.Error ?? '');
  if (unstarted !== null && (end.exitCode === 127 || end.exitCode === 126)) return {kind: 'not-started', command: program, code: /denied/i.test(unstarted[1]) ? 'EACCES' : 'ENOENT'};
  // 125 is the engine's own word, but a program may say it too: then there was a container, and it ran.
  const hasRun = state?.Status === 'exited' || state?.Status === 'stopped';
  if (end.exitCode === 125 && !hasRun) return {kind: 'engine-failed', engine: name, message: lastLine(log)};
  return signalOf(end.exitCode) ?? end;
}

function parseState(inspection: string): ContainerState | undefined {
  try {
    return JSON.parse(inspection) as ContainerState;
  } catch {
    return undefined;
  }
}

const lastLine = (log: string): string => log.trimEnd().split('\n').filter((line) => !/^(See '|Run ')/.test(line)).at(-1) ?? '';
