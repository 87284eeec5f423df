// Charliecloud: an unpacked image in user namespaces alone, the least that a cluster has to allow. ch-run keeps the root read-only and drops privileges;
// namespaces around it keep processes, network and mounts apart. Memory and cpu limits are the batch system's.
import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {rootFolder, rootScript} from './charliecloud-root.ts';
import {environmentInside, mountsOf, signalOf, type ContainerEngine} from './engine.ts';
import type {ProcessEnd} from './process.ts';

const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export function charliecloudEngine(caller: {readonly uid: number; readonly gid: number}): ContainerEngine {
  // The name that the program sees; the files it writes are the caller's.
  const {uid, gid} = caller.uid === 0 ? {uid: 1000, gid: 1000} : caller;
  return {
    name: 'charliecloud',
    program: 'ch-run',
    user: caller,
    lacks: {memory: 'it sets no limits; the batch system holds them'},
    wrap: (request) => {
      // An image that is not there is ch-run's to name.
      const isThere = existsSync(request.image);
      const run = [
        'ch-run', '--unset-env=*', `--set-env=PATH=${systemPath}`,
        // The image's own variables win over the plain PATH.
        ...(existsSync(join(request.image, 'ch/environment')) ? [`--set-env=${rootFolder}/ch/environment`] : []),
        ...environmentInside(request).map(([name, value]) => `--set-env=${name}=${value}`), '--env-no-expand',
        `--uid=${uid}`, `--gid=${gid}`, '--cd', request.folder, isThere ? rootFolder : request.image, '--', ...request.argv,
      ];
      if (!isThere) return run;
      return [
        'unshare', '--user', '--map-root-user', '--mount', '--net', '--ipc', '--pid', '--fork', '--kill-child', '--mount-proc',
        'sh', '-c', rootScript(request.image, mountsOf(request), run),
      ];
    },
    readEnd: (end, {request, log}) => readEnd(end, request.argv[0] ?? '', log),
  };
}

/** Every failure of ch-run's own, and of what is around it, is exit code 1 with a line of its own. */
function readEnd(end: ProcessEnd, program: string, log: string): ProcessEnd {
  if (end.kind !== 'exit' || end.exitCode === 0) return end;
  const own = /^(?:ch-run\[\d+\]: error|lymphline-root|unshare): (.*)$/m.exec(log)?.[1];
  if (own !== undefined && end.exitCode === 1) {
    if (/can't execve/.test(own)) return {kind: 'not-started', command: program, code: /denied/i.test(own) ? 'EACCES' : 'ENOENT'};
    return {kind: 'engine-failed', engine: 'charliecloud', message: own.replace(/ \(\S+\.c:\d+.*\)$/, '')};
  }
  return signalOf(end.exitCode) ?? end;
}
