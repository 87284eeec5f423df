// Docker and Podman: the same options, strict by default.
import {existsSync} from 'node:fs';
import {availableParallelism} from 'node:os';
import {environmentInside, mountsOf, signalOf, type ContainerEngine, type EngineRequest, type Mount} from './engine.ts';
import {guarded, readGuard} from './guard.ts';
import type {ProcessEnd} from './process.ts';

/** Inside a container nothing runs as root. Root's own files may be closed to this user, so that the job folder is given to it. */
const plainUser = {uid: 1000, gid: 1000};

export function dockerEngine(caller: {readonly uid: number; readonly gid: number}): ContainerEngine {
  const user = caller.uid === 0 ? plainUser : caller;
  return daemonEngine({name: 'docker', hasLimits: true, user, userOptions: ['--user', `${user.uid}:${user.gid}`]});
}

/** Without root it can limit a container only where control groups are of version 2; elsewhere it says so in every log. */
export function podmanEngine(caller: {readonly uid: number; readonly gid: number}, hasLimits = caller.uid === 0 || existsSync('/sys/fs/cgroup/cgroup.controllers')): ContainerEngine {
  // Without root, Podman maps users: keep-id makes the caller the same user inside.
  if (caller.uid !== 0) return daemonEngine({name: 'podman', hasLimits, user: caller, userOptions: ['--userns', 'keep-id']});
  return daemonEngine({name: 'podman', hasLimits, user: plainUser, userOptions: ['--user', `${plainUser.uid}:${plainUser.gid}`]});
}

interface Flavour {
  readonly name: 'docker' | 'podman';
  readonly hasLimits: boolean;
  readonly user: {readonly uid: number; readonly gid: number};
  readonly userOptions: readonly string[];
}

function daemonEngine({name, hasLimits, user, userOptions}: Flavour): ContainerEngine {
  // Podman takes one limit on its command line for all, and then raises the others above what the machine allows.
  const ulimits = name === 'docker' ? ['--ulimit', 'core=0'] : [];
  return {
    name,
    program: name,
    ...(hasLimits ? {} : {lacks: {memory: 'without root it sets no limits on a machine with control groups of version 1'}}),
    user,
    wrap: (request) => [name, 'run', ...strictOptions(request), ...(hasLimits ? limitOptions(request.limits) : []), ...ulimits, ...userOptions, '--entrypoint', '', request.image, ...guarded(request.argv)],
    readEnd: (end, {request, log}) => readEnd(name, end, {request, log}),
    daemon: {
      // Podman would first ask politely, and wait ten seconds for those that do not listen.
      remove: (containers) => [name, 'rm', '--force', ...(name === 'podman' ? ['--time', '0'] : []), ...containers],
      list: (run) => [name, 'ps', '--all', '--quiet', '--no-trunc', '--filter', `label=lymphline.run=${run}`],
    },
  };
}

function strictOptions(request: EngineRequest): string[] {
  const {limits, folder, name, run} = request;
  return [
    // The daemon removes it, also where its client was killed. A missing image is an answer, not a download. --init reaps what nobody waits for.
    '--rm', '--name', name, '--label', `lymphline.run=${run}`, '--pull', 'never', '--init',
    // The client copies what is printed into the job's log; the daemon need not keep it too.
    '--log-driver', 'none',
    '--network', 'none', '--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges',
    '--tmpfs', `/tmp:rw,nosuid,nodev,size=${megabytes(limits)}`,
    '--workdir', folder,
    ...mountsOf(request).flatMap((mount) => ['--mount', mountOption(mount)]),
    ...environmentInside(request).flatMap(([key, value]) => ['--env', `${key}=${value}`]),
  ];
}

const megabytes = ({memory_gb}: EngineRequest['limits']): string => `${Math.ceil(memory_gb * 1024)}m`;

/** The same value for swap, or the memory limit is doubled where there is swap. */
const limitOptions = (limits: EngineRequest['limits']): string[] =>
  ['--memory', megabytes(limits), '--memory-swap', megabytes(limits), '--cpus', String(Math.min(limits.cpus, availableParallelism())), '--pids-limit', '4096'];

/** --mount is read as one line of CSV. Unlike -v it fails where the source is missing, instead of making a folder. */
export function mountOption({path, writable, from = path}: Mount): string {
  const fields = ['type=bind', `src=${from}`, `dst=${path}`, ...(writable ? [] : ['readonly=true'])];
  return fields.map((field) => (/[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',');
}

/** The engine's own exit codes: 125 it could not, 126 and 127 the image has no such shell. */
const engineCodes = [125, 126, 127];

function readEnd(name: string, end: ProcessEnd, {request, log}: {request: EngineRequest; log: string}): ProcessEnd {
  if (end.kind === 'signal') return {kind: 'engine-failed', engine: name, message: `its client was killed by ${end.signal}; the container was removed.`};
  if (end.kind !== 'exit' || end.exitCode === 0) return end;
  const said = readGuard(end.exitCode, request.argv[0] ?? '', log);
  if (said !== undefined) return said;
  if (engineCodes.includes(end.exitCode)) return {kind: 'engine-failed', engine: name, message: engineWords(log)};
  return signalOf(end.exitCode) ?? end;
}

/** The last line that is not a hint to the manual. */
const engineWords = (log: string): string =>
  log.split('\n').filter((line) => line.trim() !== '' && !/^(See '|Run ')/.test(line)).at(-1)?.replace(/^(docker|Error): (Error response from daemon: )?/, '') ?? '';
