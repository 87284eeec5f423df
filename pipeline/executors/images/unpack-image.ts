// A docker-archive into a folder that ch-run starts, by tar alone: layer over layer, with what a layer deletes, as any user.
import {appendFileSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import {failed, succeeded, type Result} from '../../base/result.ts';
import type {Environment} from '../engine.ts';
import {askProcess} from '../process.ts';

export interface UnpackRequest {
  readonly archive: string;
  /** New and empty; the root file system becomes its `root`. */
  readonly work: string;
  readonly environment: Environment;
  readonly signal: AbortSignal;
}

/** The folder, or what tar said. */
export async function unpackImage({archive, work, environment, signal}: UnpackRequest): Promise<Result<string, string>> {
  const tar = async (argv: readonly string[]): Promise<Result<string, string>> => {
    if (signal.aborted) return failed('interrupted');
    const {exitCode, stdout, stderr} = await askProcess(['tar', ...argv], {environment, timeoutSeconds: 3600});
    return exitCode === 0 ? succeeded(stdout) : failed(stderr.trim().split('\n').at(-1) ?? `exit code ${exitCode}`);
  };
  const parts = join(work, 'parts');
  const root = join(work, 'root');
  for (const folder of [parts, root]) mkdirSync(folder);
  const opened = await tar(['-xf', archive, '-C', parts]);
  if (!opened.ok) return opened;
  const [image] = JSON.parse(readFileSync(join(parts, 'manifest.json'), 'utf8')) as {Config: string; Layers: string[]}[];
  for (const layer of image.Layers) {
    const file = join(parts, layer);
    const listed = await tar(['-tf', file]);
    if (!listed.ok) return listed;
    applyDeletions(root, listed.value.split('\n'));
    // Device files need root and are the engine's to give. Marks of deletion are no files.
    const laid = await tar(['-xf', file, '-C', root, '--no-same-owner', '--delay-directory-restore', '--exclude=.wh.*', '--exclude=dev/*', '--exclude=./dev/*']);
    if (!laid.ok) return laid;
    // A later layer must be able to write where this one closed a folder.
    await askProcess(['chmod', '-R', 'u+rwX', root], {environment, timeoutSeconds: 600});
  }
  const {config = {}} = JSON.parse(readFileSync(join(parts, image.Config), 'utf8')) as {config?: {Env?: string[]}};
  prepareForRun(root, config.Env ?? []);
  rmSync(parts, {recursive: true});
  return succeeded(root);
}

/** OCI image specification: `.wh.NAME` deletes NAME of the layers below, `.wh..wh..opq` all that they have in that folder. */
function applyDeletions(root: string, members: readonly string[]): void {
  for (const member of members) {
    const name = basename(member);
    if (!name.startsWith('.wh.')) continue;
    const folder = join(root, dirname(member));
    if (!staysInside(root, folder)) continue;
    if (name !== '.wh..wh..opq') rmSync(join(folder, name.slice('.wh.'.length)), {recursive: true, force: true});
    else if (existsSync(folder)) for (const entry of readdirSync(folder)) rmSync(join(folder, entry), {recursive: true, force: true});
  }
}

/** No folder on the way is a link: what a layer deletes must lie in the image. */
function staysInside(root: string, folder: string): boolean {
  for (let at = folder; at.length > root.length; at = dirname(at)) if (lstatSync(at, {throwIfNoEntry: false})?.isSymbolicLink()) return false;
  return folder === root || folder.startsWith(`${root}/`);
}

/** ch-run mounts over these and makes none of them; it reads the image's variables from ch/environment. */
function prepareForRun(root: string, variables: readonly string[]): void {
  for (const folder of ['ch', 'dev', 'etc', 'home', 'proc', 'root', 'sys', 'tmp']) mkdirSync(join(root, folder), {recursive: true});
  for (const file of ['etc/group', 'etc/hosts', 'etc/passwd', 'etc/resolv.conf']) appendFileSync(join(root, file), '');
  writeFileSync(join(root, 'ch/environment'), variables.map((line) => `${line}\n`).join(''));
}
