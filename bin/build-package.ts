// What `npm pack` ships besides the sources' configs: compiled code in dist/, with each step's contract and page beside it.
import {cpSync, existsSync, mkdirSync, readdirSync, rmSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {$} from 'zx';

const root = resolve(import.meta.dirname, '..');
rmSync(join(root, 'dist'), {recursive: true, force: true});
await $({cwd: root})`node_modules/.bin/tsc -p tsconfig.build.json`;
for (const step of readdirSync(join(root, 'steps'))) {
  const from = join(root, 'steps', step);
  if (!existsSync(join(from, 'step.yaml'))) continue;
  mkdirSync(join(root, 'dist/steps', step), {recursive: true});
  for (const file of readdirSync(from)) if (!/\.ts$|^example$/.test(file)) cpSync(join(from, file), join(root, 'dist/steps', step, file), {recursive: true});
}
