// The root that ch-run is given: the image and the mounts of a job, laid out in memory. ch-run itself makes no mount points and mounts nothing
// read-only; here not a byte is written into the image's folder, which may be shared and closed to the user.
import {lstatSync, readdirSync, statSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {shellWord} from '../base/shell-word.ts';
import type {Mount} from './engine.ts';

/** Where the script leaves the root for ch-run, which wants it two folders deep. */
export const rootFolder = '/mnt/image';

interface Layout {
  readonly folders: string[];
  readonly files: string[];
  readonly links: string[];
  readonly mounts: {readonly from: string; readonly to: string; readonly writable: boolean}[];
}

/** To be run as root of a user and mount namespace of its own; starts `argv` and ends as it does. Few processes: each costs every job a millisecond. */
export function rootScript(image: string, mounts: readonly Mount[], argv: readonly string[]): string {
  const {folders, files, links, mounts: lent} = layOut(image, mounts);
  const inRoot = (path: string): string => `"$image"${shellWord(path)}`;
  const inside = lent.map(({from, to, writable}) => tableLine(from, join(image, to), writable ? 'rbind' : 'rbind,ro,nosuid,nodev'));
  const whole = [
    tableLine('lymphline', dirname(rootFolder), 'nosuid,nodev', 'tmpfs'),
    tableLine(image, rootFolder, 'rbind,X-mount.mkdir'),
    // ch-run binds the machine's /tmp: from here on that is the private one.
    tableLine(join(rootFolder, 'tmp'), '/tmp', 'rbind'),
  ];
  return [
    'refuse() { echo "lymphline-root: $*" >&2; exit 1; }',
    `image=${shellWord(image)}`,
    // The new root lies over the image, which stays within reach as the working folder; -c takes relative paths as they are.
    'cd "$image" && mount -t tmpfs -o mode=0755,nosuid,nodev lymphline "$image" || refuse "no mounts in a user namespace"',
    'mkdir -m 1777 "$image"/tmp',
    `mkdir -p ${[...new Set(folders)].map(inRoot).join(' ')}`,
    ...files.map((path) => `: >${inRoot(path)}`),
    ...(links.length > 0 ? [`cp -P --parents ${links.map((path) => shellWord(`.${path}`)).join(' ')} "$image"`] : []),
    `printf '%s\\n' ${inside.map(shellWord).join(' ')} >"$image"/.mounts`,
    `printf '%s\\n' ${whole.map(shellWord).join(' ')} >"$image"/.root`,
    // What the machine has mounted noexec must stay so: without it the kernel refuses to make it read-only.
    `mount -c -a -T "$image"/.mounts 2>/dev/null || while read -r from to type options rest; do
  case $options in *,ro,*) ;; *) continue ;; esac
  to=$(printf %b "$to")
  mount -c -o "remount,bind,$options" "$to" 2>/dev/null || mount -c -o "remount,bind,$options,noexec" "$to" || refuse "cannot mount $from"
done <"$image"/.mounts`,
    'mount -c -a -T "$image"/.root || refuse "cannot mount the root"',
    // ch-run makes its own temporary files there, and a folder below the machine's /tmp is out of sight by now.
    'unset TMPDIR',
    // A child, not exec: a first process of a PID namespace would ignore the signals that it has no handler for.
    `${argv.map(shellWord).join(' ')} || exit $?`,
  ].join('\n');
}

/** Of fstab(5): blanks and backslashes in octal. */
function tableLine(from: string, to: string, options: string, type = 'none'): string {
  const escaped = (path: string): string => path.replace(/[ \t\\]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`);
  return `${escaped(from)} ${escaped(to)} ${type} ${options} 0 0`;
}

function layOut(image: string, mounts: readonly Mount[]): Layout {
  const layout: Layout = {folders: [], files: [], links: [], mounts: []};
  lendEntries(image, '', mounts, layout);
  for (const {path, writable, from = path} of mounts) {
    // Below another mount its place is there.
    if (!mounts.some((other) => isBelow(path, other.path))) {
      const isFolder = statSync(from, {throwIfNoEntry: false})?.isDirectory() !== false;
      layout.folders.push(isFolder ? path : dirname(path));
      if (!isFolder) layout.files.push(path);
    }
    layout.mounts.push({from, to: path, writable});
  }
  return layout;
}

/** Every entry of a folder of the image; one on the way to a mount becomes a new folder with entries of its own. */
function lendEntries(image: string, folder: string, mounts: readonly Mount[], layout: Layout): void {
  for (const name of readdirSync(join(image, folder)).sort()) {
    const path = `${folder}/${name}`;
    const stats = lstatSync(join(image, path));
    if (mounts.some((mount) => mount.path === path)) continue;
    if (stats.isSymbolicLink()) layout.links.push(path);
    else if (!stats.isDirectory()) {
      layout.files.push(path);
      layout.mounts.push({from: `.${path}`, to: path, writable: false});
    } else {
      layout.folders.push(path);
      if (['/dev', '/proc', '/sys', '/tmp'].includes(path)) continue;
      if (mounts.some((mount) => isBelow(mount.path, path))) lendEntries(image, path, mounts, layout);
      else if (isFilled(join(image, path))) layout.mounts.push({from: `.${path}`, to: path, writable: false});
    }
  }
}

/** A folder that cannot be listed is lent as it is. */
function isFilled(path: string): boolean {
  try {
    return readdirSync(path).length > 0;
  } catch {
    return true;
  }
}

const isBelow = (path: string, folder: string): boolean => path.startsWith(`${folder.replace(/\/$/, '')}/`);
