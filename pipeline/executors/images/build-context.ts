// The folder that an image build reads: the Containerfiles, the pinned Node, and this program with its production dependencies.
// Modes are set here, so that a user's umask does not change an image's id.
import {chmodSync, constants, copyFileSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync, statSync} from 'node:fs';
import {dirname, join, relative} from 'node:path';
import {failed, succeeded, type Result} from '../../base/result.ts';
import type {ImageFailure} from '../../model/image-failure.ts';

export interface ContextRequest {
  /** New and empty. */
  readonly folder: string;
  readonly projectRoot: string;
  readonly codeRoot: string;
  /** Of the images that will be built: the program is copied only where one of them holds it. */
  readonly names: readonly string[];
}

export function prepareContext({folder, projectRoot, codeRoot, names}: ContextRequest): Result<string, Extract<ImageFailure, {reason: 'node-package-missing'}>> {
  const node = findPackage(`node-linux-${process.arch}`, projectRoot);
  if (!node.ok) return failed({reason: 'node-package-missing', name: `node-linux-${process.arch}`, looked: node.error});
  const inContainers = join(projectRoot, 'containers');
  for (const name of readdirSync(inContainers)) copyPlain(join(inContainers, name), join(folder, name));
  lend(join(node.value, 'bin/node'), join(folder, 'node/bin/node'));
  copyPlain(join(node.value, 'LICENSE'), join(folder, 'node/share/doc/node/LICENSE'));
  if (names.includes('lymphline')) copyProgram({folder: join(folder, 'app'), projectRoot, codeRoot});
  for (const entry of readdirSync(folder, {recursive: true, withFileTypes: true})) if (entry.isDirectory()) chmodSync(join(entry.parentPath, entry.name), 0o755);
  return succeeded(folder);
}

function copyProgram({folder, projectRoot, codeRoot}: Omit<ContextRequest, 'names'>): void {
  for (const name of ['bin', 'configs', 'containers', 'package.json', 'LICENSE', 'CHANGELOG.md']) copyPlain(join(projectRoot, name), join(folder, name));
  for (const name of ['pipeline', 'steps']) copyPlain(join(codeRoot, name), join(folder, relative(projectRoot, codeRoot), name), (path) => !/\/steps\/[^/]+\/example$/.test(path));
  const packages = new Map<string, string>();
  collectPackages(projectRoot, packages);
  for (const [path, name] of packages) if (name !== '') copyPlain(path, join(folder, 'node_modules', name), isUsedAtRunTime);
}

/** Packages bring types, sources, tests and pages for their authors: two thirds of the files. */
const isUsedAtRunTime = (path: string): boolean => !/\.d\.[cm]?ts$|\.map$|(?<!\/LICEN[CS]E)\.md$|\.[ch]$|\/(docs|test|tests|examples|benchmark)$/.test(path);

/** Every production dependency, with what is there of its optional ones (binaries of this machine's kind) -> its name, where it is copied to of its own; '' where it lies in the folder of one that is. */
function collectPackages(from: string, found: Map<string, string>, isProject = true): void {
  const {dependencies = {}, optionalDependencies = {}} = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8')) as {dependencies?: Record<string, string>; optionalDependencies?: Record<string, string>};
  // The project's own optional ones are Node itself, which lies elsewhere in the image.
  for (const name of Object.keys(isProject ? dependencies : {...optionalDependencies, ...dependencies}).sort()) {
    const place = findPackage(name, from);
    if (!place.ok || found.has(place.value)) continue;
    found.set(place.value, isProject || !place.value.startsWith(`${from}/`) ? name : '');
    collectPackages(place.value, found, false);
  }
}

/** As Node resolves it: from the folder upwards. */
function findPackage(name: string, from: string): Result<string, string[]> {
  const looked: string[] = [];
  for (let folder = from; ; folder = dirname(folder)) {
    const place = join(folder, 'node_modules', name);
    if (existsSync(place)) return succeeded(place);
    looked.push(place);
    if (folder === dirname(folder)) return failed(looked);
  }
}

/** 120 MB that are only read: a second name where the disk allows it. */
function lend(from: string, to: string): void {
  mkdirSync(dirname(to), {recursive: true});
  try {
    if ((statSync(from).mode & 0o777) === 0o755) return linkSync(from, to);
  } catch {
    // Another disk, or one without hard links.
  }
  copyPlain(from, to);
}

function copyPlain(from: string, to: string, isWanted: (path: string) => boolean = () => true): void {
  if (!isWanted(from) || !existsSync(from)) return;
  const stat = statSync(from);
  if (stat.isDirectory()) {
    mkdirSync(to, {recursive: true});
    for (const name of readdirSync(from)) copyPlain(join(from, name), join(to, name), isWanted);
  } else if (stat.isFile()) {
    mkdirSync(dirname(to), {recursive: true});
    copyFileSync(from, to, constants.COPYFILE_FICLONE);
    chmodSync(to, (stat.mode & 0o100) === 0 ? 0o644 : 0o755);
  }
}
