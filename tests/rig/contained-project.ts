// The word count project in containers of a real engine: the base image, with this machine's Node mounted.
import {spawnSync} from 'node:child_process';
import type {EngineOnHand} from './engines.ts';
import type {TempProject} from './temp-project.ts';
import {wordCountProject} from './word-count-project.ts';

export const catalogue = 'lymphline:\n  contents: a test\'s\n  licence: none\n  node: host\n';

/** Run it with `--profile contained.yaml`. */
export function containedProject({engine, environment, image}: EngineOnHand, changed: Readonly<Record<string, string>> = {}): TempProject {
  return wordCountProject({
    'containers/images.yaml': catalogue,
    'contained.yaml': `launcher: local\nengine: ${engine.name}\nimages: {lymphline: ${image.startsWith('sha256:') ? 'localhost/lymphline-base:trixie' : image}}\n`,
    ...changed,
  }, environment);
}

/** Of any run of Lymphline, running or not, in an engine that keeps them. */
export function containersOf({engine, environment}: EngineOnHand): string[] {
  if (engine.daemon === undefined || engine.program === undefined) return [];
  const {stdout} = spawnSync(engine.program, ['ps', '--all', '--filter', 'label=lymphline.run', '--format', '{{.Names}}'], {encoding: 'utf8', env: environment});
  return stdout.split('\n').filter((name) => name !== '');
}
