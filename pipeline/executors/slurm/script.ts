// The batch script of a submission: one task a job, each in its attempt folder. Every word is quoted; nothing is expanded by a shell on the way but
// the folder of scratch, which only the node knows.
import {shellWord} from '../../base/shell-word.ts';
import type {Environment} from '../engine.ts';
import type {Launch} from '../launcher.ts';
import {scratchLines, withScratch} from './scratch-script.ts';

export interface ScriptTask {
  readonly attempt: string;
  readonly folder: string;
  readonly logPath: string;
  readonly argv: readonly string[];
  readonly environment: Environment;
  readonly scratch?: Launch['scratch'];
}

export interface ScriptSetting {
  readonly token: string;
  /** Shell lines of the profile. */
  readonly setUp: readonly string[];
  /** Names in each attempt's folder. */
  readonly files: {readonly submitted: string; readonly started: string; readonly exit: string; readonly closing: readonly string[]};
  /** Gets an empty file for each task that has ended. */
  readonly endedFolder: string;
}

export function batchScript(tasks: readonly ScriptTask[], setting: ScriptSetting): string {
  return [
    // `module` and the like are defined for login shells.
    setting.setUp.length > 0 ? '#!/bin/bash -l' : '#!/bin/sh',
    `token=${shellWord(setting.token)} ended=${shellWord(setting.endedFolder)} submitted=${shellWord(setting.files.submitted)} started=${shellWord(setting.files.started)} exit=${shellWord(setting.files.exit)}`,
    ...(sameForAll(tasks) ? exports(tasks[0].environment) : []),
    'case ${SLURM_ARRAY_TASK_ID:-0} in',
    ...tasks.flatMap((task, at) => taskCase(task, at, sameForAll(tasks))),
    'esac',
    opening.replace('CLOSING', () => [setting.files.exit, ...setting.files.closing].map(shellWord).join(' ')),
    ...setting.setUp.map((line) => `${line}\n[ $? = 0 ] || finish 1 ${shellWord(`"setUp":${JSON.stringify(line)},`)}`),
    ...(tasks[0].scratch === undefined ? [] : scratchLines(tasks[0].scratch)),
    'case ${SLURM_ARRAY_TASK_ID:-0} in',
    ...tasks.map(({argv, scratch}, at) => `${at}) set -- ${argv.map((word) => (scratch === undefined ? shellWord(word) : withScratch(word))).join(' ')} ;;`),
    'esac',
    running,
    '',
  ].join('\n');
}

/** One list of variables instead of one a task. */
const sameForAll = (tasks: readonly ScriptTask[]): boolean => {
  const [first, ...rest] = tasks.map(({environment}) => JSON.stringify(environment));
  return rest.every((other) => other === first);
};

const exports = (environment: Environment): string[] =>
  Object.entries(environment).flatMap(([name, value]) => (value === undefined || !/^[A-Za-z_]\w*$/.test(name) ? [] : [`export ${name}=${shellWord(value)}`]));

function taskCase({attempt, folder, logPath, environment, scratch}: ScriptTask, at: number, isShared: boolean): string[] {
  const ofScratch = scratch === undefined ? '' : ` scratchName=${shellWord(scratch.name)} outputs=${shellWord(scratch.outputs ?? '')}`;
  return [`${at})`, ...(isShared ? [] : exports(environment)), `attempt=${attempt} folder=${shellWord(folder)} log=${shellWord(logPath)}${ofScratch}`, ';;'];
}

/**
 * Slurm may start a job twice (a controller that lost what it had not saved), or after it was given up: only the first that is still wanted runs.
 * Few programs are started: each costs every job some milliseconds.
 */
const opening = `id=$SLURM_JOB_ID
[ -z "$SLURM_ARRAY_TASK_ID" ] || id=\${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID
node=\${SLURMD_NODENAME:-$(uname -n)}
refuse() { echo "lymphline: job $id on $node does not run: $1" >&2; exit 75; }
cd "$folder" || refuse "no folder $folder"
set -C
{ echo "$id" >"$started"; } 2>/dev/null || refuse "$folder has its $started already"
set +C
for file in CLOSING; do [ ! -e "$file" ] || { rm -f "$started"; refuse "$folder has its $file already"; }; done
line=
read -r line <"$submitted"
case $line in *"\\"$token\\""*) ;; *) rm -f "$started"; refuse "another submission has taken its place" ;; esac
now() { date -u +%Y-%m-%dT%H:%M:%S.%3NZ; }
began=$(now)
exec >>"$log" 2>&1
# Only of a group that is this job's: the count of a shared one is of others too. Version 1 of control groups, or 2.
group= kills= peaks=
while IFS=: read -r number kinds path; do
  case $kinds:$path in
  memory:*/job_$SLURM_JOB_ID/*) group=/sys/fs/cgroup/memory$path kills=memory.oom_control peaks=memory.max_usage_in_bytes ;;
  :*/job_$SLURM_JOB_ID/*) [ -n "$group" ] || { group=/sys/fs/cgroup$path kills=memory.events peaks=memory.peak; } ;;
  esac
done </proc/self/cgroup
stopped= scratch= told=
leave() { :; }
finish() {
  name= oom= peak=
  [ "$1" -le 128 ] || name=$(kill -l "$1" 2>/dev/null)
  if [ -n "$group" ] && [ -r "$group/$kills" ]; then while read -r key value; do [ "$key" != oom_kill ] || oom="\\"oomKills\\":$value,"; done <"$group/$kills"; fi
  if [ -n "$group" ] && [ -r "$group/$peaks" ]; then read -r value <"$group/$peaks" && peak="\\"peakBytes\\":$value,"; fi
  # Who has been told to end has little time left: first its word, then the tidying.
  [ -n "$stopped" ] || leave
  printf '{"attempt":"%s","exitCode":%d,%s%s%s%s%s%s"slurmJobId":"%s","node":"%s","started":"%s","ended":"%s"}\\n' \\
    "$attempt" "$1" "\${name:+\\"signal\\":\\"SIG$name\\",}" "\${stopped:+\\"stoppedBy\\":\\"$stopped\\",}" "$oom" "$peak" "$told" "$2" "$id" "$node" "$began" "$(now)" >"$started" || { leave; exit 74; }
  sync "$started" 2>/dev/null
  mv -f "$started" "$exit" || { leave; exit 74; }
  : >"$ended/$attempt"
  leave
  exit "$1"
}`;

/** Slurm's polite signal reaches this shell alone: it passes it on to its group, and stays to say how the program ended. */
const running = `for name in $(export -p | sed -n -e 's/^export \\(SLURM[A-Z0-9_]*\\)=.*/\\1/p' -e 's/^declare -x \\(SLURM[A-Z0-9_]*\\)=.*/\\1/p'); do unset "$name"; done
case $1 in
*/*) [ -e "$1" ] || finish 127 '"notStarted":"ENOENT",'; [ -x "$1" ] || finish 126 '"notStarted":"EACCES",' ;;
*) command -v "$1" >/dev/null || finish 127 '"notStarted":"ENOENT",' ;;
esac
trap 'trap "" TERM; stopped=SIGTERM; kill -s TERM 0' TERM
trap : INT USR1 USR2
attend() { "$@" & child=$!; while :; do code=0; wait $child || code=$?; kill -0 $child 2>/dev/null || break; done; }
attend "$@"
[ -z "$scratch" ] || afterwards $code
finish $code`;
