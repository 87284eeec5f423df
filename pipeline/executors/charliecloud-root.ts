// The root that ch-run is given: the image and the mounts of a job, laid out in memory. ch-run itself makes no mount points and mounts nothing
// read-only; here not a byte is written into the image's folder, which may be shared and closed to the user.
import {lstatSync, readdirSync, readlinkSync, statSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {shellWord} from '../base/shell-word.ts';
import type {Mount} from './engine.ts';

/** Where the script leaves the root for ch-run, which wants it two folders deep. */
export const rootFolder = '/mnt/image';

interface Layout {
  readonly folders: string[];
  readonly files: string[];
  readonly links: {readonly path: string; readonly target: string}[];
  readonly mounts: {readonly from: string; readonly to: string; readonly writable: boolean}[];
}

/** To be run as root of a user and mount namespace of its own; starts `argv` and ends as it does. */
export function rootScript(image: string, mounts: readonly Mount[], argv: readonly string[]): string {
  const {folders, files, links, mounts: lent} = layOut(image, mounts);
  const inRoot = (path: string): string => `"$image"${shellWord(path)}`;
  return [
    'refuse() { echo "lymphline-root: $*" >&2; exit 1; }',
    // What the machine has mounted noexec must stay so: without it the kernel refuses to make it read-only.
    'lend() { mount -c --rbind "$1" "$2" && { [ "$3" = w ] || mount -c -o remount,bind,ro,nosuid,nodev "$2" 2>/dev/null || mount -c -o remount,bind,ro,nosuid,nodev,noexec "$2"; } || refuse "cannot mount $1"; }',
    // The new root lies over the image, which stays within reach as the working folder; -c takes relative paths as they are.
    `image=${shellWord(image)}`,
    'cd "$image" && mount -t tmpfs -o mode=0755,nosuid,nodev lymphline "$image" || refuse "no mounts in a user namespace"',
    'mkdir -m 1777 "$image"/tmp',
    `mkdir -p ${[...new Set(folders)].map(inRoot).join(' ')}`,
    ...(files.length > 0 ? [`touch ${files.map(inRoot).join(' ')}`] : []),
    ...links.map(({path, target}) => `ln -s ${shellWord(target)} ${inRoot(path)}`),
    ...lent.map(({from, to, writable}) => `lend ${shellWord(from)} ${inRoot(to)} ${writable ? 'w' : 'r'}`),
    // ch-run binds the machine's /tmp: from here on that is the private one.
    `mount -t tmpfs lymphline /mnt && mkdir ${rootFolder} && mount -c --rbind "$image" ${rootFolder} && mount -c --rbind ${rootFolder}/tmp /tmp || refuse 'cannot mount the root'`,
    // A child, not exec: a first process of a PID namespace would ignore the signals that it has no handler for.
    `${argv.map(shellWord).join(' ')} || exit $?`,
  ].join('\n');
}

function layOut(image: string, mounts: readonly Mount[]): Layout {
  const layout: Layout = {folders: [], files: [], links: [], mounts: []};
  lendEntries(image, '', mounts, layout);
  for (const {path, writable} of mounts) {
    // Below another mount its place is there.
    if (!mounts.some((other) => isBelow(path, other.path))) {
      const isFolder = statSync(path, {throwIfNoEntry: false})?.isDirectory() !== false;
      layout.folders.push(isFolder ? path : dirname(path));
      if (!isFolder) layout.files.push(path);
    }
    layout.mounts.push({from: path, to: path, writable});
  }
  return layout;
}

/** Every entry of a folder of the image; one on the way to a mount becomes a new folder with entries of its own. */
function lendEntries(image: string, folder: string, mounts: readonly Mount[], layout: Layout): void {
  for (const name of readdirSync(join(image, folder)).sort()) {
    const path = `${folder}/${name}`;
    const stats = lstatSync(join(image, path));
    if (mounts.some((mount) => mount.path === path)) continue;
    if (stats.isSymbolicLink()) layout.links.push({path, target: readlinkSync(join(image, path))});
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
