// Charliecloud: an unpacked image in user namespaces alone, the least that a cluster has to allow. It has no limits, no network and no PID
// namespace, and its mounts are writable: what is strict elsewhere is left to the batch system here.
import {existsSync, mkdirSync, statSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {environmentInside, mountsOf, signalOf, type ContainerEngine, type EngineRequest} from './engine.ts';
import type {ProcessEnd} from './process.ts';

const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export const charliecloudEngine: ContainerEngine = {
  name: 'charliecloud',
  program: 'ch-run',
  wrap: (request) => [
    'ch-run', '--unset-env=*', `--set-env=PATH=${systemPath}`,
    // The image's own variables (`images convert` writes them) win over the plain PATH.
    ...(existsSync(join(request.image, 'ch/environment')) ? ['--set-env'] : []),
    ...environmentInside(request).map(([name, value]) => `--set-env=${name}=${value}`),
    '--private-tmp', '--cd', request.folder,
    ...bindsOf(request).map((path) => `--bind=${path}:${path}`),
    request.image, '--', ...request.argv,
  ],
  /** ch-run makes no mount points: empty folders in the image do no harm to what it is. */
  prepare: (request) => {
    for (const path of bindsOf(request)) mkdirSync(join(request.image, path), {recursive: true});
  },
  readEnd: (end, {request, log}) => readEnd(end, request.argv[0] ?? '', log),
};

/** Folders only, each mounted once, none inside another. */
function bindsOf(request: EngineRequest): string[] {
  const folders = mountsOf(request).map(({path}) => (statSync(path, {throwIfNoEntry: false})?.isDirectory() === false ? dirname(path) : path));
  return [...new Set(folders)].filter((path, _at, all) => !all.some((other) => other !== path && path.startsWith(`${other}/`))).sort();
}

/** Every failure of ch-run's own is exit code 1 with a line of its own. */
function readEnd(end: ProcessEnd, program: string, log: string): ProcessEnd {
  if (end.kind !== 'exit' || end.exitCode === 0) return end;
  const own = log.split('\n').filter((line) => /^ch-run\[\d+\]: error: /.test(line)).at(-1)?.replace(/^ch-run\[\d+\]: error: /, '');
  if (own !== undefined) {
    if (/can't execve/.test(own)) return {kind: 'not-started', command: program, code: /denied/i.test(own) ? 'EACCES' : 'ENOENT'};
    return {kind: 'engine-failed', engine: 'charliecloud', message: own.replace(/ \(\S+\.c:\d+.*\)$/, '')};
  }
  return signalOf(end.exitCode) ?? end;
}
