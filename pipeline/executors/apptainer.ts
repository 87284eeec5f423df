// Apptainer: the user's own process in an image file (SIF) or folder; no daemon, so that a batch system can hold and end it.
import {availableParallelism} from 'node:os';
import {environmentInside, mountsOf, signalOf, type ContainerEngine} from './engine.ts';
import {mountOption} from './docker.ts';
import type {ProcessEnd} from './process.ts';

export function apptainerEngine(caller: {readonly uid: number; readonly gid: number}): ContainerEngine {
  return {
    name: 'apptainer',
    program: 'apptainer',
    user: caller,
    lacks: {
      plainUser: 'a program in it is the user who starts it, root where that is root (without any privilege)',
      ...(caller.uid === 0 ? {} : {memory: 'only root may set limits; the batch system holds them'}),
    },
    wrap: (request) => [
      'apptainer', '--quiet', 'exec',
      // --containall: PID and IPC namespaces (a killed client leaves nothing) and a private /tmp; --cleanenv: the host's variables stay outside.
      '--containall', '--cleanenv', '--no-home', '--home', '/tmp', '--no-eval', '--no-privs', '--net', '--network', 'none',
      // Limits are root's to set; elsewhere the batch system holds them.
      ...(caller.uid === 0 ? ['--memory', `${Math.ceil(request.limits.memory_gb * 1024)}M`, '--cpus', String(Math.min(request.limits.cpus, availableParallelism())), '--pids-limit', '4096'] : []),
      '--pwd', request.folder,
      ...mountsOf(request).flatMap((mount) => ['--mount', mountOption(mount).replace('readonly=true', 'ro')]),
      ...environmentInside(request).filter(([name]) => name !== 'HOME').flatMap(([name, value]) => ['--env', `${name}=${value}`]),
      request.image, ...request.argv,
    ],
    readEnd: (end, {request, log}) => readEnd(end, request.argv[0] ?? '', log),
  };
}

/** 255 is every failure of Apptainer's own, and may be a program's: Apptainer says FATAL. */
function readEnd(end: ProcessEnd, program: string, log: string): ProcessEnd {
  if (end.kind !== 'exit' || end.exitCode === 0) return end;
  const fatal = log.split('\n').filter((line) => /^(\S*FATAL)/.test(line.replace(/\u001B\[[0-9;]*m/g, ''))).at(-1);
  if (end.exitCode === 255 && fatal !== undefined) {
    if (/executable file not found|no such file or directory/i.test(fatal) && fatal.includes(program)) return {kind: 'not-started', command: program, code: 'ENOENT'};
    if (/permission denied/i.test(fatal) && fatal.includes(program)) return {kind: 'not-started', command: program, code: 'EACCES'};
    return {kind: 'engine-failed', engine: 'apptainer', message: fatal.replace(/\u001B\[[0-9;]*m/g, '').replace(/^FATAL:\s*/, '')};
  }
  return signalOf(end.exitCode) ?? end;
}
