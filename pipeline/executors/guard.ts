// The first program in a container of Docker and Podman: a shell of the image that starts the step's program and says on the log what an exit code cannot.
import type {ProcessEnd} from './process.ts';

const script = [
  // As one stream: the client copies two in an order of its own.
  'exec 2>&1',
  'say() { echo "lymphline-guard: $1"; exit $2; }',
  'case $1 in */*) [ -e "$1" ] || say ENOENT 127; [ -x "$1" ] || say EACCES 126 ;; *) command -v "$1" >/dev/null || say ENOENT 127 ;; esac',
  // A program in the foreground would keep the shell from passing a signal on; one that comes before the trap would end the shell, and with it the
  // container, while the program already runs.
  // (A name that no program's own variable has: it might be exported.)
  `trap 'if [ -n "$!" ]; then kill -s TERM $!; else lymphline_early=1; fi' TERM`,
  '"$@" & child=$!',
  '[ -z "$lymphline_early" ] || kill -s TERM $child',
  'while :; do code=0; wait $child || code=$?; kill -0 $child 2>/dev/null || break; done',
  // Of the container's own memory group, version 1 or 2: also a child killed in a pipe, whose parent ends well with half of the data.
  'for file in /sys/fs/cgroup/memory/memory.oom_control /sys/fs/cgroup/memory.events; do',
  '  if [ -r $file ]; then while read -r key value; do [ "$key" != oom_kill ] || [ "$value" = 0 ] || say "out of memory" 137; done <$file; fi',
  'done',
  // Codes that engines use for themselves.
  'case $code in 125 | 126 | 127) say "the program ended with $code" $code ;; esac',
  'exit $code',
].join('\n');

export const guarded = (argv: readonly string[]): string[] => ['sh', '-c', script, 'sh', ...argv];

/** What it said; undefined where the exit code says all, or the engine never came to start it. */
export function readGuard(exitCode: number, program: string, log: string): ProcessEnd | undefined {
  const said = /^lymphline-guard: (.*)$/.exec(log.trimEnd().split('\n').at(-1) ?? '')?.[1];
  if (exitCode === 137 && said === 'out of memory') return {kind: 'out-of-memory'};
  if (said === 'ENOENT' || said === 'EACCES') return {kind: 'not-started', command: program, code: said};
  return said === `the program ended with ${exitCode}` ? {kind: 'exit', exitCode} : undefined;
}
