// The lymphline image in the image folder of the test machine: what runs there in containers. Built where it is not there yet.
import {spawnSync} from 'node:child_process';
import {join} from 'node:path';
import {projectRoot} from './cli.ts';
import {engineEnvironment, type EngineName} from './engines.ts';

/** The command line with the test machine's engines and image folder. */
export function cliOnMachine(argv: readonly string[], more: Readonly<Record<string, string>> = {}): {status: number | null; stdout: string; stderr: string; seconds: number} {
  const started = Date.now();
  const {status, stdout, stderr} = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', join(projectRoot, 'pipeline/cli/main.ts'), ...argv], {
    cwd: projectRoot, encoding: 'utf8', timeout: 900_000, maxBuffer: 1 << 26, env: {...engineEnvironment(), ...more},
  });
  return {status, stdout, stderr, seconds: (Date.now() - started) / 1000};
}

/** Whatever the engine needs of it is made. */
export function provideImage(name: string, engine: EngineName): void {
  const forms = {docker: 'tar', podman: 'tar', apptainer: 'sif', charliecloud: 'dir'} as const;
  const listed = cliOnMachine(['images', 'list', name, '--json']);
  const [{places}] = JSON.parse(listed.stdout) as [{places: {form: string; id: string}[]}];
  const archive = places.find(({form}) => form === 'tar');
  if (archive === undefined) succeed('build', name);
  if (forms[engine] !== 'tar') succeed('convert', name, '--engine', engine);
}

/** Another test may be at work in the image folder, which is then in use (75). */
function succeed(...argv: readonly string[]): void {
  for (const end = performance.now() + 300_000; ; spawnSync('sleep', ['0.5'])) {
    const {status, stderr} = cliOnMachine(['images', ...argv]);
    if (status === 0) return;
    if (status !== 75 || performance.now() > end) throw new Error(stderr);
  }
}
