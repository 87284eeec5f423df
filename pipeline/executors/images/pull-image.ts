// An image from a registry into the image folder, as a docker-archive. What was downloaded before an interruption is not downloaded again.
import {mkdirSync, readFileSync, renameSync, rmSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {failed, succeeded, type Result} from '../../base/result.ts';
import type {ImageFailure} from '../../model/image-failure.ts';
import {formPath, writeRecord} from '../image-store.ts';
import {writeDockerArchive} from './docker-archive.ts';
import {downloadBlob} from './download-blob.ts';
import {readManifest, type ImageManifest} from './image-manifest.ts';
import {openRegistry, type Registry} from './registry.ts';
import type {RegistryReference} from './registry-reference.ts';

export interface PullRequest {
  readonly name: string;
  readonly reference: RegistryReference;
  /** As the user or images.yaml writes it, for the record. */
  readonly text: string;
  readonly store: string;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
}

export interface PulledImage {
  readonly id: string;
  /** Of the manifest or index: what pins this image. */
  readonly digest: string;
  readonly bytes: number;
}

const architectures: Readonly<Record<string, string>> = {x64: 'amd64', arm64: 'arm64'};

export async function pullImage(request: PullRequest): Promise<Result<PulledImage, ImageFailure>> {
  const {name, store, signal} = request;
  const registry = openRegistry(request.reference);
  const manifest = await readManifest(registry, architectures[process.arch] ?? process.arch, signal);
  if (!manifest.ok) return manifest;
  const blobs = join(store, `${name}.blobs`);
  mkdirSync(blobs, {recursive: true});
  const paths = await downloadAll(request, registry, manifest.value, blobs);
  if (!paths.ok) return paths;
  const [configPath, ...layerPaths] = paths.value;
  const config = readFileSync(configPath);
  const {architecture, rootfs} = JSON.parse(config.toString('utf8')) as {architecture?: string; rootfs?: {diff_ids?: string[]}};
  const wanted = architectures[process.arch] ?? process.arch;
  if (architecture !== wanted) return failed({reason: 'platform-missing', reference: request.text, wanted: `linux/${wanted}`, offered: [`linux/${architecture ?? '?'}`]});
  const diffIds = rootfs?.diff_ids ?? [];
  if (diffIds.length !== layerPaths.length) return failed({reason: 'manifest-invalid', reference: request.text, found: `${layerPaths.length} layers for ${diffIds.length} of the configuration`});
  const path = formPath(store, name, 'tar');
  const written = await writeDockerArchive(`${path}.partial`, {
    config, configDigest: manifest.value.config.digest, layers: layerPaths.map((layer, i) => ({path: layer, diffId: diffIds[i]})), tags: [`localhost/lymphline-${name}:pulled`],
  }, signal);
  if (!written.ok) {
    rmSync(`${path}.partial`, {force: true});
    return written;
  }
  rmSync(`${path}.json`, {force: true});
  renameSync(`${path}.partial`, path);
  writeRecord(path, {image: name, id: manifest.value.config.digest, made: 'pull', reference: `${request.text.replace(/@sha256:.*$/, '')}@${manifest.value.digest}`});
  rmSync(blobs, {recursive: true});
  return succeeded({id: manifest.value.config.digest, digest: manifest.value.digest, bytes: written.value});
}

/** Files of the configuration and of every layer, in order. */
async function downloadAll({signal, onProgress}: PullRequest, registry: Registry, {config, layers}: ImageManifest, folder: string): Promise<Result<string[], ImageFailure>> {
  const all = [config, ...layers];
  const total = all.reduce((sum, {size}) => sum + size, 0);
  const paths: string[] = [];
  let before = 0;
  for (const {digest, size} of all) {
    const path = join(folder, digest.replace(':', '-'));
    const blob = await downloadBlob({registry, digest, bytes: size, path, signal, onProgress: (bytes) => onProgress(before + bytes, total)});
    if (!blob.ok) return 'kept' in blob.error ? failed({...blob.error, kept: before + blob.error.kept}) : blob;
    paths.push(path);
    before += statSync(path).size;
  }
  return succeeded(paths);
}
