// The folder where images lie as files: a docker-archive (.tar), an Apptainer file (.sif) or folder (.sandbox), a folder for ch-run (.dir).
// Each form has a record beside it that says which image it is, so that every form of one image is the same image.
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {writeFileAtomic} from '../base/atomic-file.ts';
import {digestFile} from '../base/digest.ts';
import type {ImageRecord} from '../model/image.ts';
import {askProcess} from './process.ts';
import type {Environment} from './engine.ts';

export type ImageForm = 'tar' | 'sif' | 'sandbox' | 'dir';
export const formsOf: Readonly<Record<'apptainer' | 'charliecloud', readonly ImageForm[]>> = {apptainer: ['sif', 'sandbox'], charliecloud: ['dir']};

export const formPath = (store: string, name: string, form: ImageForm): string => join(store, `${name}.${form}`);

/** What an image file or folder is; undefined where it does not say. */
export async function imageIdOf(path: string, environment: Environment): Promise<string | undefined> {
  const record = readRecord(path);
  if (record !== undefined) return record.id;
  if (path.endsWith('.tar')) return archiveId(path, environment);
  // Somebody else's SIF is what its bytes are.
  return path.endsWith('.sif') ? `sha256:${await digestFile(path)}` : undefined;
}

export function readRecord(path: string): ImageRecord | undefined {
  if (!existsSync(`${path}.json`)) return undefined;
  try {
    return JSON.parse(readFileSync(`${path}.json`, 'utf8')) as ImageRecord;
  } catch {
    return undefined;
  }
}

export function writeRecord(path: string, record: ImageRecord): void {
  writeFileAtomic(`${path}.json`, `${JSON.stringify(record)}\n`);
}

/** A docker-archive names its configuration by the digest. */
export async function archiveId(path: string, environment: Environment): Promise<string | undefined> {
  const {exitCode, stdout} = await askProcess(['tar', '-xOf', path, 'manifest.json'], {environment});
  if (exitCode !== 0) return undefined;
  const [first] = JSON.parse(stdout) as {Config: string}[];
  const digest = /([0-9a-f]{64})(\.json)?$/.exec(first.Config)?.[1];
  return digest === undefined ? undefined : `sha256:${digest}`;
}
