// A run with a `docker` on PATH that records its argv and starts the program on this machine: what is asked of an engine, and in which order, without one.
import {chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {catalogue} from '../../rig/contained-project.ts';
import type {TempProject} from '../../rig/temp-project.ts';
import {wordCountProject} from '../../rig/word-count-project.ts';

const id = `sha256:${'a'.repeat(64)}`;
/** Arguments are kept apart by a character that none of them has; what follows the image is run. */
const docker = `#!/bin/sh
printf '%s\\037' "$@" >> "$FAKE_LOG"; printf '\\n' >> "$FAKE_LOG"
case $1 in
  version) echo 99.1 ;;
  image) case $4 in *Architecture*) echo ${process.arch === 'x64' ? 'amd64' : process.arch} ;; *) echo ${id} ;; esac ;;
  run)
    while [ "$1" != --entrypoint ]; do case $1 in --workdir) cd "$2" ;; esac; shift; done
    shift 3
    exec "$@" ;;
esac
`;

let folder: string;
let project: TempProject | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-fake-'));
});
afterEach(() => {
  project?.remove();
  rmSync(folder, {recursive: true, force: true});
});

function start(program?: string): TempProject {
  if (program !== undefined) {
    writeFileSync(join(folder, 'docker'), program);
    chmodSync(join(folder, 'docker'), 0o755);
  }
  // The few programs that a run itself needs, and no other engine.
  for (const name of ['sh', 'awk', 'tar']) symlinkSync(['/bin', '/usr/bin'].map((bin) => join(bin, name)).find((path) => existsSync(path)) ?? '', join(folder, name));
  return wordCountProject({'containers/images.yaml': catalogue, 'fake.yaml': 'launcher: local\nengine: docker\nimages: {lymphline: localhost/words:1}\n'}, {...process.env, PATH: folder, FAKE_LOG: join(folder, 'log')});
}

const asked = (): string[][] => readFileSync(join(folder, 'log'), 'utf8').split('\x1f\n').filter((line) => line !== '').map((line) => line.split('\x1f'));

test('an image of the same name with another id: its jobs run, and the sentence names both; the same id under another name: none', () => {
  project = start(docker);
  expect(project.cli('run', 'study/run.yaml', '--profile', 'fake.yaml').status).toBe(0);
  const moved = `sha256:${'b'.repeat(64)}`;
  writeFileSync(join(folder, 'docker'), docker.replaceAll(id, moved));
  const {stderr} = project.cli('run', 'study/run.yaml', '--profile', 'fake.yaml');
  expect(stderr).toContain('words: 5 jobs run, 0 reused');
  expect(project.cli('why', 'study/runs/words', 'count/S1', '--profile', 'fake.yaml').stdout).toContain(`the image changed from ${id} to ${moved}.`);
  project.write('fake.yaml', 'launcher: local\nengine: docker\nimages: {lymphline: localhost/words:2}\n');
  expect(project.cli('run', 'study/run.yaml', '--profile', 'fake.yaml').stderr).toContain('words: 0 jobs run, 5 reused');
});

test('the engine is asked for its version, the image for its id; every job is one client, and nothing is left to remove', () => {
  project = start(docker);
  const run = project.cli('run', 'study/run.yaml', '--profile', 'fake.yaml', '--cores', '1');
  expect(run.stderr).toContain('words: 5 jobs run, 0 reused, 0 failed, 0 not started');
  expect(run.status).toBe(0);
  expect(asked().map(([verb, noun]) => (verb === 'image' ? `${verb} ${noun}` : verb))).toEqual(['version', 'image inspect', 'image inspect', 'ps', 'run', 'run', 'run', 'run', 'run']);
  const jobs = asked().filter(([verb]) => verb === 'run');
  // The id, not the name that the profile gives: a tag can move while a run is under way.
  expect(jobs.map((argv) => argv[argv.indexOf('--entrypoint') + 2])).toEqual(jobs.map(() => id));
  const mounts = jobs[2].flatMap((word, at) => (word === '--mount' ? [project?.scrub(jobs[2][at + 1]).replaceAll(process.execPath, '<node>')] : []));
  expect(mounts.sort()).toEqual([
    'type=bind,src=<node>,dst=<node>,readonly=true',
    'type=bind,src=<project>/configs,dst=<project>/configs,readonly=true',
    'type=bind,src=<project>/node_modules,dst=<project>/node_modules,readonly=true',
    'type=bind,src=<project>/package.json,dst=<project>/package.json,readonly=true',
    'type=bind,src=<project>/pipeline,dst=<project>/pipeline,readonly=true',
    'type=bind,src=<project>/steps,dst=<project>/steps,readonly=true',
    'type=bind,src=<project>/study/runs/words/jobs,dst=<project>/study/runs/words/jobs,readonly=true',
    'type=bind,src=<project>/study/runs/words/jobs/count/S1/attempt-1,dst=<project>/study/runs/words/jobs/count/S1/attempt-1',
  ]);
});

test('engine-missing: there is no such program', () => {
  project = start();
  const run = project.cli('run', 'study/run.yaml', '--profile', 'fake.yaml');
  expect({status: run.status, stderr: run.stderr}).toEqual({status: 2, stderr: `The profile asks for docker, but docker does not answer: spawn docker ENOENT
    Install or start it, or choose another --profile (laptop needs no containers).
1 problem; nothing was started.
`});
});

test('engine-failed: the engine refuses to start a container', () => {
  project = start(docker.replace('  run)\n', "  run) echo 'docker: Error response from daemon: no space left on device.' >&2; echo \"See 'docker run --help'.\" >&2; exit 125 ;;\n  never)\n"));
  const run = project.cli('run', 'study/run.yaml', '--profile', 'fake.yaml', '--cores', '1', '--only', 'import/S1-gex');
  expect(run.status).toBe(1);
  expect(project.scrub(run.stderr)).toContain(`docker could not run import/S1-gex (attempt 1): no space left on device.
    Try it by hand: \`lymphline logs RUN JOB --command\` prints the line.
    log: <project>/study/runs/words/jobs/import/S1-gex/attempt-1/log.txt
`);
});
