// The part of a batch script that makes scratch on the node, copies outputs out of it and removes it.
import {shellWord} from '../../base/shell-word.ts';
import type {Launch} from '../launcher.ts';

/** Stands for the folder in an argv until the job knows it. */
export const scratchWord = '/@lymphline-scratch@';

/** As a word of the script. The folder has only characters that mean nothing to whatever reads the word. */
export const withScratch = (word: string): string => joined(word.split(scratchWord), '"$scratch"') || "''";

const joined = (parts: readonly string[], between: string): string => parts.map((part) => (part === '' ? '' : shellWord(part))).join(between);

/** After the set-up lines, which may set the variables of its name. `scratchName` and `outputs` are the task's. */
export function scratchLines({root, isLinked, outputs}: NonNullable<Launch['scratch']>): string[] {
  const parts = root.split(/\$\{(\w+)\}/);
  const names = [...new Set(parts.filter((_, at) => at % 2 === 1))];
  return [
    `written=${shellWord(JSON.stringify(root).slice(1, -1))}`,
    opening,
    // Where nobody sets TMPDIR, it means /tmp.
    ...(names.includes('TMPDIR') ? [': "${TMPDIR:=/tmp}"'] : []),
    ...names.map((name) => `[ -n "\${${name}-}" ] || unready ${shellWord(`the variable ${name} is not set`)}`),
    `root=${parts.map((part, at) => (at % 2 === 1 ? `"$${part}"` : part === '' ? '' : shellWord(part))).join('')}`,
    making.replace('FOLDERS', outputs === undefined ? '"$scratch/tmp"' : '"$scratch/tmp" "$scratch/outputs"'),
    ...(outputs !== undefined && isLinked ? ['rmdir "$outputs" && ln -s "$scratch/outputs" "$outputs"'] : []),
    ...(outputs === undefined ? [] : [copying]),
    ending.replace('COPY', outputs === undefined ? ':' : 'copyOut'),
  ];
}

const opening = `unready() { finish 1 "\\"notReady\\":\\"scratch $written: $1\\","; }
leave() {
  [ -n "$scratch" ] || return 0
  exec 9>&-
  rm -rf "$scratch" 2>/dev/null || { chmod -R u+rwx "$scratch"; rm -rf "$scratch"; } 2>/dev/null
  if [ -n "$outputs" ] && [ -L "$outputs" ]; then rm -f "$outputs"; mkdir "$outputs"; fi
  scratch=
}`;

/**
 * A job that is killed outright cannot tidy up. Its lock goes with its last process, so that the next job of the run on that node can tell, and do it;
 * a lock that is a minute old has long been taken. Where locks do not work, all stays as it is.
 */
const making = `case $root in /*) ;; *) unready "there it is no absolute path" ;; esac
case $root in *[!A-Za-z0-9_@%+=:./-]*) unready "there it has a character that is none of A-Z a-z 0-9 _@%+=:./-" ;; esac
[ -d "$root" ] || unready "there is no folder $root"
scratch=$root/$scratchName
for lock in $(find "$root/\${scratchName%-*-*}-"*/lock -mmin +1 2>/dev/null); do
  read -r owner <"$lock" && [ "$owner" = "$node" ] && flock -n "$lock" rm -rf "\${lock%/lock}" 2>/dev/null
done
rm -rf "$scratch" 2>/dev/null
mkdir -m 700 "$scratch" && mkdir FOLDERS && echo "$node" >"$scratch/lock" || unready "no folder can be made in $root"
exec 9<>"$scratch/lock"
flock -n 9 2>/dev/null
export TMPDIR="$scratch/tmp"`;

/** On the disk before the rename, and named only when all of it is there. The run directory may be full: what is half there goes first. */
const copying = `copyOut() {
  part=$outputs.part words=$scratch/tmp/words
  rm -rf "$part"
  attend env LC_ALL=C sh -c 'cp -R -P "$1" "$2" && find "$2" ! -type l -exec sync {} +' sh "$scratch/outputs" "$part" 2>"$words"
  if [ $code = 0 ] && [ -z "$stopped" ] && rm -rf "$outputs" && mv "$part" "$outputs"; then return; fi
  [ $code != 0 ] || code=1
  rm -rf "$part"
  said=$(cat "$words")
  echo "$said"
  case $said in
  *'No space left'*) errno=ENOSPC ;; *'uota exceeded'*) errno=EDQUOT ;; *'Read-only file system'*) errno=EROFS ;; *'ermission denied'*) errno=EACCES ;; *'tale file handle'*) errno=ESTALE ;; *) errno=EIO ;;
  esac
  told="\\"notCopiedOut\\":\\"$errno\\","
}`;

/** A disk with no space left is the reason of many a strange exit code. */
const ending = `afterwards() {
  if [ "$1" = 0 ]; then [ -n "$stopped" ] || COPY; return; fi
  set -- $(df -Pk "$scratch" | tail -n 1)
  case \${4-x} in *[!0-9]*) ;; *) [ "$4" -ge 256 ] || told="\\"full\\":\\"$scratch\\"," ;; esac
}`;
