// The program that builds images here. Podman gives one image the same id in every build; Docker stamps the time of the build.
import {failed, succeeded, type Result} from '../../base/result.ts';
import type {ImageFailure} from '../../model/image-failure.ts';
import type {Environment} from '../engine.ts';
import {askProcess} from '../process.ts';

export interface Builder {
  readonly program: 'podman' | 'docker';
  readonly repeats: boolean;
  readonly environment: Environment;
}

type NoBuilder = Extract<ImageFailure, {reason: 'no-builder'}>;

export async function findBuilder(environment: Environment, wanted?: string): Promise<Result<Builder, NoBuilder>> {
  const tried: [string, string][] = [];
  for (const [program, ask] of [['podman', askPodman], ['docker', askDocker]] as const) {
    if (wanted !== undefined && wanted !== program) continue;
    const answer = await ask(environment);
    if ('environment' in answer) return succeeded({program, repeats: program === 'podman', environment: answer.environment});
    tried.push([program, answer.words]);
  }
  return failed({reason: 'no-builder', tried});
}

type Answer = {readonly environment: Environment} | {readonly words: string};

async function askPodman(environment: Environment): Promise<Answer> {
  const {exitCode, stderr} = await askProcess(['podman', 'info', '--format', '{{.Store.GraphDriverName}}'], {environment});
  return exitCode === 0 ? {environment} : {words: lastLine(stderr)};
}

/** Secrets need BuildKit: a plugin of the client since 23, inside it before. */
async function askDocker(environment: Environment): Promise<Answer> {
  const {exitCode, stdout, stderr} = await askProcess(['docker', 'version', '--format', '{{.Client.Version}} {{.Server.Version}}'], {environment});
  if (exitCode !== 0) return {words: lastLine(stderr)};
  if (Number(stdout.split('.', 1)[0]) < 23) return {environment: {...environment, DOCKER_BUILDKIT: '1'}};
  const buildx = await askProcess(['docker', 'buildx', 'version'], {environment});
  return buildx.exitCode === 0 ? {environment} : {words: 'its client has no buildx plugin, without which it cannot build with secrets'};
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) || 'it did not start';
