// A docker-archive of the image folder into what Apptainer and Charliecloud start. No registry and no daemon has part in it.
import {existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {lastLines} from '../../base/file-end.ts';
import {failed, succeeded, type Result} from '../../base/result.ts';
import type {ImageFailure} from '../../model/image-failure.ts';
import type {Environment} from '../engine.ts';
import {archiveId, formPath, readRecord, writeRecord, type ImageForm} from '../image-store.ts';
import {runProcess} from '../process.ts';
import {endText} from './build-image.ts';
import {unpackImage} from './unpack-image.ts';

export interface ConvertRequest {
  readonly name: string;
  readonly isOurs: boolean;
  readonly form: Exclude<ImageForm, 'tar'>;
  readonly store: string;
  readonly environment: Environment;
  readonly signal: AbortSignal;
}

export interface ConvertedImage {
  readonly path: string;
  readonly id: string;
  readonly wasThere: boolean;
}

export async function convertImage(request: ConvertRequest): Promise<Result<ConvertedImage, ImageFailure>> {
  const {name, form, store, environment} = request;
  const archive = formPath(store, name, 'tar');
  if (!existsSync(archive)) return failed({reason: 'archive-missing', image: name, path: archive, isOurs: request.isOurs});
  const id = await archiveId(archive, environment);
  if (id === undefined) return failed({reason: 'archive-invalid', path: archive, found: 'no manifest.json in it'});
  const path = formPath(store, name, form);
  if (existsSync(path) && readRecord(path)?.id === id) return succeeded({path, id, wasThere: true});
  // What a killed conversion left; nobody else is at work here, since the caller holds the folder's lock.
  for (const entry of readdirSync(store)) if (entry.startsWith(`${name}.${form}.`) && !entry.endsWith('.json')) rmSync(join(store, entry), {recursive: true, force: true});
  // On the result's own disk: /tmp may be too small, and the last rename must not copy.
  const work = mkdtempSync(`${path}.`);
  try {
    const made = form === 'dir' ? await asFolder(request, archive, work) : await withApptainer(request, archive, work);
    if (!made.ok) return made;
    rmSync(`${path}.json`, {force: true});
    rmSync(path, {recursive: true, force: true});
    renameSync(made.value, path);
    writeRecord(path, {image: name, id, made: 'convert'});
    return succeeded({path, id, wasThere: false});
  } finally {
    rmSync(work, {recursive: true, force: true});
  }
}

async function asFolder({name, store, environment, signal}: ConvertRequest, archive: string, work: string): Promise<Result<string, ImageFailure>> {
  const unpacked = await unpackImage({archive, work, environment, signal});
  if (unpacked.ok) return unpacked;
  if (signal.aborted) return failed({reason: 'interrupted', kept: 0});
  const log = join(store, `${name}.log`);
  writeFileSync(log, `${unpacked.error}\n`);
  return failed({reason: 'program-failed', image: name, doing: 'convert', program: 'tar', end: 'it stopped', log, lastLines: [unpacked.error]});
}

async function withApptainer({name, form, store, environment, signal}: ConvertRequest, archive: string, work: string): Promise<Result<string, ImageFailure>> {
  const log = join(store, `${name}.log`);
  rmSync(log, {force: true});
  const made = join(work, 'image');
  const scratch = join(work, 'tmp');
  mkdirSync(scratch);
  // Light compression: four times as fast as the default, for a file half as large again.
  const options = form === 'sandbox' ? ['--sandbox'] : ['--mksquashfs-args', '-comp gzip -Xcompression-level 1'];
  const end = await runProcess({
    argv: ['apptainer', 'build', ...options, made, `docker-archive:${archive}`], folder: work, logPath: log, timeoutSeconds: 3600, graceSeconds: 5, signal,
    environment: {...environment, APPTAINER_TMPDIR: scratch, APPTAINER_CACHEDIR: scratch},
  });
  if (end.kind === 'interrupted') return failed({reason: 'interrupted', kept: 0});
  if (end.kind !== 'exit' || end.exitCode !== 0) return failed({reason: 'program-failed', image: name, doing: 'convert', program: 'apptainer', end: endText(end), log, lastLines: lastLines(log, 15)});
  return succeeded(made);
}
