// The container engine of a profile, and whether it answers.
import {unreachable} from '../base/result.ts';
import {apptainerEngine} from './apptainer.ts';
import {charliecloudEngine} from './charliecloud.ts';
import {dockerEngine, podmanEngine} from './docker.ts';
import type {ContainerEngine, Environment} from './engine.ts';
import {noEngine} from './none.ts';
import {askProcess} from './process.ts';

export function chooseEngine(name: ContainerEngine['name'], caller: {readonly uid: number; readonly gid: number}): ContainerEngine {
  switch (name) {
    case 'none':
      return noEngine;
    case 'docker':
      return dockerEngine(caller);
    case 'podman':
      return podmanEngine(caller);
    case 'apptainer':
      return apptainerEngine(caller);
    case 'charliecloud':
      return charliecloudEngine(caller);
    default:
      return unreachable(name);
  }
}

/** Podman's and Docker's clients answer for themselves: the question must reach what starts containers. */
const questions: Readonly<Record<Exclude<ContainerEngine['name'], 'none'>, readonly string[]>> = {
  docker: ['docker', 'version', '--format', '{{.Server.Version}}'],
  podman: ['podman', 'version', '--format', '{{.Client.Version}}'],
  apptainer: ['apptainer', 'version'],
  charliecloud: ['ch-run', '--version'],
};

/** Its version, or its own words where it does not answer. */
export async function askEngine(name: Exclude<ContainerEngine['name'], 'none'>, environment: Environment): Promise<{version: string} | {words: string}> {
  const {exitCode, stdout, stderr} = await askProcess(questions[name], {environment});
  // ch-run prints its version to stderr.
  const said = (stdout.trim() || stderr.trim()).split('\n');
  return exitCode === 0 ? {version: said[0]} : {words: said.at(-1) || 'it did not start'};
}
