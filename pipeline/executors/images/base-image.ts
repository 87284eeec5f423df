// What an image is built on: the public base that its Containerfile pins, or one made on this machine where no registry can be reached.
import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {failed, succeeded, type Result} from '../../base/result.ts';
import type {ImageFailure} from '../../model/image-failure.ts';
import {askProcess} from '../process.ts';
import type {Builder} from './builder.ts';

export interface BaseQuestion {
  readonly builder: Builder;
  readonly containerfile: string;
  /** Holds containers/. */
  readonly context: string;
  readonly store: string;
  /** `public`, `local`, or a reference; left out: public where it can be had, else local. */
  readonly choice?: string;
}

export interface ChosenBase {
  /** Passed as the build argument BASE; undefined: what the Containerfile says. */
  readonly reference?: string;
  /** What a reader should know of the choice. */
  readonly note?: string;
}

type BaseMissing = Extract<ImageFailure, {reason: 'base-missing'}>;

export async function chooseBase(ask: BaseQuestion): Promise<Result<ChosenBase, BaseMissing>> {
  const {choice, builder: {program, environment}} = ask;
  const pinned = /^ARG BASE=(\S+)/m.exec(ask.containerfile)?.[1] ?? '';
  if (choice !== undefined && choice !== 'public' && choice !== 'local') return succeeded({reference: choice});
  let words = 'not asked for';
  if (choice !== 'local') {
    if (await isHere(ask.builder, pinned)) return succeeded({});
    const pull = await askProcess([program, 'pull', '--quiet', pinned], {environment, timeoutSeconds: 600});
    if (pull.exitCode === 0) return succeeded({});
    words = pull.stderr.trim().split('\n').at(-1) ?? '';
    if (choice === 'public') return failed({reason: 'base-missing', base: pinned, words, local: 'not asked for'});
  }
  const suite = /debian:([a-z]+)-slim/.exec(pinned)?.[1];
  if (suite === undefined) return failed({reason: 'base-missing', base: pinned, words, local: 'only Debian bases can be made here'});
  const made = await localBase(ask, suite);
  if (made !== undefined) return failed({reason: 'base-missing', base: pinned, words, local: made});
  if (choice === 'local') return succeeded({reference: nameOf(suite)});
  return succeeded({reference: nameOf(suite), note: `${pinned.replace(/@.*/, '')} cannot be had (${words.split(': ').slice(-2).join(': ')}): built on a base made here from Debian's archive.`});
}

const nameOf = (suite: string): string => `localhost/lymphline-base:${suite}`;

/** Undefined once the engine has it, else why not. */
async function localBase({builder, store, context}: BaseQuestion, suite: string): Promise<string | undefined> {
  if (await isHere(builder, nameOf(suite))) return undefined;
  const {program, environment} = builder;
  const archive = join(store, `base-${suite}.tar`);
  if (!existsSync(archive)) {
    const made = await askProcess(['sh', join(context, 'make-base.sh'), suite, archive], {environment, timeoutSeconds: 900});
    if (made.exitCode !== 0) return made.stderr.trim().split('\n').at(-1) ?? 'make-base.sh did not end well';
  }
  const load = await askProcess([program, 'load', '--quiet', '--input', archive], {environment, timeoutSeconds: 600});
  return load.exitCode === 0 ? undefined : `${program} could not load ${archive}: ${load.stderr.trim().split('\n').at(-1) ?? ''}`;
}

const isHere = async ({program, environment}: Builder, reference: string): Promise<boolean> =>
  (await askProcess([program, 'image', 'inspect', '--format', '{{.Id}}', reference], {environment})).exitCode === 0;
