// One Containerfile into one docker-archive in the image folder. With Podman two builds from the same packages have one id: times are clamped,
// and the configuration of the OCI format names neither the build's container nor its host.
import {chmodSync, mkdirSync, readFileSync, renameSync, rmSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {lastLines} from '../../base/file-end.ts';
import {failed, succeeded, type Result} from '../../base/result.ts';
import type {ImageFailure} from '../../model/image-failure.ts';
import {formPath, readRecord, writeRecord} from '../image-store.ts';
import {askProcess, runProcess, type ProcessEnd} from '../process.ts';
import {chooseBase} from './base-image.ts';
import type {Builder} from './builder.ts';

export interface BuildRequest {
  readonly name: string;
  readonly builder: Builder;
  readonly context: string;
  /** Folder with apt.conf, pip.conf and ca.pem. */
  readonly secrets: string;
  readonly store: string;
  readonly base?: string;
  readonly fromNothing: boolean;
  readonly signal: AbortSignal;
}

export interface BuiltImage {
  readonly id: string;
  readonly path: string;
  readonly bytes: number;
  readonly note?: string;
}

/** 2026-01-01: the time of every file and of the image itself. */
const epoch = '1767225600';
const buildMinutes = 60;

export async function buildImage(request: BuildRequest): Promise<Result<BuiltImage, ImageFailure>> {
  const {name, builder, context, secrets, store, base: choice} = request;
  const {program, environment} = builder;
  const file = join(context, name, 'Containerfile');
  const base = await chooseBase({builder, containerfile: readFileSync(file, 'utf8'), context, store, ...(choice === undefined ? {} : {choice})});
  if (!base.ok) return base;
  const log = join(store, `${name}.log`);
  rmSync(log, {force: true});
  const tag = `localhost/lymphline-${name}:latest`;
  const step = async (argv: readonly string[]): Promise<ImageFailure | undefined> => {
    const ended = await runProcess({argv, folder: context, environment, logPath: log, timeoutSeconds: buildMinutes * 60, graceSeconds: 5, signal: request.signal});
    if (ended.kind === 'interrupted') return {reason: 'interrupted', kept: 0};
    return ended.kind === 'exit' && ended.exitCode === 0 ? undefined : {reason: 'program-failed', image: name, doing: 'build', program, end: endText(ended), log, lastLines: lastLines(log, 15)};
  };
  const failure = await step([
    program, 'build', ...(program === 'podman' ? ['--layers', '--format', 'oci', '--timestamp', epoch] : ['--progress', 'plain']),
    '--network', 'host', '--build-arg', `SOURCE_DATE_EPOCH=${epoch}`, ...(base.value.reference === undefined ? [] : ['--build-arg', `BASE=${base.value.reference}`]),
    ...['apt.conf', 'pip.conf', 'ca.pem'].flatMap((secret) => ['--secret', `id=${secret},src=${join(secrets, secret)}`]),
    ...(request.fromNothing ? ['--no-cache'] : []), '--file', file, '--tag', tag, context,
  ]);
  if (failure !== undefined) return failed(failure);
  const inspected = await askProcess([program, 'image', 'inspect', '--format', '{{.Id}}', tag], {environment});
  const id = `sha256:${inspected.stdout.trim().replace(/^sha256:/, '')}`;
  const path = formPath(store, name, 'tar');
  const note = base.value.note === undefined ? {} : {note: base.value.note};
  const kept = readRecord(path);
  const there = statSync(path, {throwIfNoEntry: false});
  if (kept?.id === id && there !== undefined) return succeeded({id, path, bytes: there.size, ...note});
  mkdirSync(store, {recursive: true});
  rmSync(`${path}.partial`, {force: true});
  const saved = await step([program, 'save', ...(program === 'podman' ? ['--quiet', '--format', 'docker-archive'] : []), '--output', `${path}.partial`, tag]);
  if (saved !== undefined) {
    rmSync(`${path}.partial`, {force: true});
    return failed(saved);
  }
  // Docker writes it for its owner alone; an image folder is shared.
  chmodSync(`${path}.partial`, 0o644);
  // Without a record an archive still says what it is: in between, nothing is wrongly labelled.
  rmSync(`${path}.json`, {force: true});
  renameSync(`${path}.partial`, path);
  writeRecord(path, {image: name, id, made: 'build'});
  return succeeded({id, path, bytes: statSync(path).size, ...note});
}

export function endText(end: ProcessEnd): string {
  switch (end.kind) {
    case 'exit':
      return `exit code ${end.exitCode}`;
    case 'signal':
      return `killed by ${end.signal}`;
    case 'timeout':
      return `not done after ${end.timeoutSeconds / 60} minutes`;
    case 'not-started':
      return `${end.command} could not be started: ${end.code}`;
    default:
      return end.kind;
  }
}
