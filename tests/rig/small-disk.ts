// A real file system of a few pages or inodes, mounted for a test; needs root.
import {spawnSync} from 'node:child_process';
import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

export interface SmallDisk {
  readonly folder: string;
  /** Leaves no byte free. */
  readonly fill: () => void;
  /** Also while it is in use: `size=4m`, `nr_inodes=100`. */
  readonly change: (...options: string[]) => void;
  /** Read-only for whatever is opened from now on. */
  readonly close: () => void;
  readonly open: () => void;
  readonly unmount: () => void;
}

export function mountSmallDisk(folder: string, ...options: string[]): SmallDisk {
  mkdirSync(folder, {recursive: true});
  run('mount', '-t', 'tmpfs', '-o', options.join(','), 'tmpfs', folder);
  return {
    folder,
    fill: () => fillDisk(folder),
    change: (...others) => run('mount', '-o', ['remount', ...others].join(','), folder),
    close: () => {
      run('mount', '--bind', folder, folder);
      run('mount', '-o', 'remount,ro,bind', folder);
    },
    open: () => run('umount', '-l', folder),
    unmount: () => {
      for (let isMounted = true; isMounted;) isMounted = spawnSync('umount', ['-l', folder]).status === 0;
    },
  };
}

function fillDisk(folder: string): void {
  for (let i = 0, size = 1 << 20; size >= 1; i++) {
    try {
      writeFileSync(join(folder, `filler-${i}`), Buffer.alloc(size));
    } catch {
      size >>= 2;
    }
  }
}

function run(...argv: string[]): void {
  const [program, ...rest] = argv;
  const done = spawnSync(program, rest, {encoding: 'utf8'});
  if (done.status !== 0) throw new Error(`${argv.join(' ')}: ${done.stderr || String(done.error)}`);
}
