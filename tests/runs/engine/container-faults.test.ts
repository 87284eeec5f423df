// What goes wrong with containers, provoked on real engines through the real command line, with the whole message; and that nothing is left running.
import {spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as wait} from 'node:timers/promises';
import {afterEach, expect, test} from 'vitest';
import {containedProject, containersOf} from '../../rig/contained-project.ts';
import {describeWithEngine, type EngineOnHand} from '../../rig/engines.ts';
import {stepCode, type TempProject} from '../../rig/temp-project.ts';
import {until} from '../../rig/until.ts';
import {files} from '../../rig/word-count-project.ts';

let project: TempProject;
afterEach(() => project.remove());

const run = ['run', 'study/run.yaml', '--profile', 'contained.yaml', '--cores', '1'];
const log = '    log: <project>/study/runs/words/jobs/count/S1/attempt-1/log.txt';
const job = (attempt = 'attempt-1'): string => join(project.folder, 'study/runs/words/jobs/count/S1', attempt);

/** count/S1 does `body`; everything else ends well. */
const breakS1 = (body: string): Record<string, string> => ({'steps/count/run.ts': stepCode(`  if (job.unit.id === 'S1') {\n${body}\n  }\n  writeFileSync(job.output('counts'), 'sample_id\\tn_words\\nS2\\t2\\n');`)});

/** Writes to a file of the job folder for as long as it lives. */
const beating = breakS1("    const beat = setInterval(() => writeFileSync('outputs/beat', 'x', {flag: 'a'}), 50);\n    await new Promise((done) => setTimeout(done, existsSync('../attempt-2') ? 0 : 60_000));\n    clearInterval(beat);");

const hasBeaten = (): Promise<unknown> => until('the first beat', () => existsSync(join(job(), 'outputs/beat')));

/** Nothing of the job runs any more. */
async function expectSilence(on: EngineOnHand): Promise<void> {
  const size = (): number => statSync(join(job(), 'outputs/beat')).size;
  for (let tries = 0, last = -1; tries < 40 && last !== size(); tries++) {
    last = size();
    await wait(300);
  }
  const last = size();
  await wait(400);
  expect(size()).toBe(last);
  // The watchdog of a killed engine needs a moment for it.
  await until('the end of its containers', () => containersOf(on).every((name) => !name.includes(labelOf())));
}

/** Of this project's run, as it stands in the names of its containers. */
const labelOf = (): string => {
  const {command} = JSON.parse(readFileSync(join(job(), 'job.json'), 'utf8')) as {command: string[]};
  return command.find((word) => /^lymphline-[0-9a-f]{12}-/.test(word))?.split('-')[1] ?? 'none';
};

/** From the first line about the job's end to the end of its message. */
function messageOf(stderr: string): string {
  const lines = project.scrub(stderr).split('\n');
  const from = lines.findIndex((line) => /count\/S1/.test(line) && !/ started| done/.test(line));
  return lines.slice(from, lines.findIndex((line, at) => at > from && !line.startsWith('    '))).join('\n');
}

for (const name of ['docker', 'podman', 'apptainer', 'charliecloud'] as const) {
  describeWithEngine(name, (on) => {
    test('kill -9 of the engine ends the container; the next run goes on', async () => {
      project = containedProject(on, beating);
      const started = project.start(...run);
      await hasBeaten();
      started.child.kill('SIGKILL');
      await started.ended;
      await expectSilence(on);
      const again = project.cli(...run);
      expect(again.stderr).toContain('count/S1 started (attempt 2): its last attempt did not end.');
      expect(again.status).toBe(0);
    });

    if (name !== 'docker' && name !== 'charliecloud') return;
    test('SIGTERM ends the container, and the run can go on', async () => {
      project = containedProject(on, beating);
      const started = project.start(...run);
      await hasBeaten();
      started.child.kill('SIGTERM');
      expect(await started.ended).toBe(143);
      expect(started.stderr()).toContain('interrupted: run again to go on');
      await expectSilence(on);
    });

    if (name !== 'docker') return;
    test('kill -9 of its client ends the container', async () => {
      project = containedProject(on, beating);
      const started = project.start(...run);
      await hasBeaten();
      const children = spawnSync('ps', ['-o', 'pid=,args=', '--ppid', String(started.child.pid)], {encoding: 'utf8'}).stdout.split('\n');
      const client = children.find((line) => line.includes('docker run'))?.trim().split(' ')[0];
      process.kill(Number(client), 'SIGKILL');
      expect(await started.ended).toBe(1);
      expect(messageOf(started.stderr())).toBe(`docker could not run count/S1 (attempt 1): its client was killed by SIGKILL; the container was removed.\n    Try it by hand: \`lymphline logs RUN JOB --command\` prints the line.\n${log}`);
      await expectSilence(on);
    });

    test('a program that the image lacks', () => {
      project = containedProject(on, {'steps/count/step.yaml': files['steps/count/step.yaml'].replace('command: [node, run.ts]', 'command: [no-such-program]')});
      const done = project.cli(...run);
      expect(done.status).toBe(1);
      expect(messageOf(done.stderr)).toBe(`count/S1 could not start no-such-program in the image "lymphline" (ENOENT).
    It is not the image that this version of the step was written for: build or pull it again (\`lymphline images\`), or name another in the profile (images: {lymphline: …}).
${log}`);
    });
  }, name === 'apptainer' ? 'sandbox' : undefined);
}

describeWithEngine('docker', (on) => outOfMemory(on));
describeWithEngine('podman', (on) => outOfMemory(on));

function outOfMemory(on: EngineOnHand): void {
  test('out of memory in a container', () => {
    project = containedProject(on, {
      ...breakS1("    const kept = [];\n    for (;;) kept.push(Buffer.alloc(1e7, 1));"),
      'steps/count/step.yaml': files['steps/count/step.yaml'].replace('memory_gb: 1', 'memory_gb: 0.2'),
    });
    const done = project.cli(...run);
    expect(done.status).toBe(1);
    expect(messageOf(done.stderr)).toBe(`count/S1 was killed: out of memory at 0.2 GB (attempt 1).\n${log}\n    Raise resources.count.memory_gb in the profile.`);
  });

  test('out of memory, tried again with twice as much until it is enough', () => {
    project = containedProject(on, {
      // 300 MB beside Node's own: too much for 0.2 GB, enough for 0.8.
      ...breakS1("    const kept = Buffer.alloc(3e8, 1);\n    writeFileSync(job.output('counts'), `sample_id\\tn_words\\nS1\\t${kept.length / 1e8}\\n`);\n    process.exit(0);"),
      'steps/count/step.yaml': files['steps/count/step.yaml'].replace('memory_gb: 1', 'memory_gb: 0.2'),
    });
    project.write('contained.yaml', `${readFileSync(join(project.folder, 'contained.yaml'), 'utf8')}retries: 3\n`);
    const done = project.cli(...run);
    expect(done.status).toBe(0);
    expect(done.stderr).toContain('count/S1 was killed: out of memory at 0.2 GB (attempt 1).');
    expect(done.stderr).toContain('    It is tried again with 0.4 GB and 1 minutes.\n');
    expect(project.cli('status', 'study/runs/words').stdout).toMatch(/count\/S1: attempt 1 with 0\.2 GB and 1 minutes failed \(out-of-memory\); .* is complete\n/);
    expect(readFileSync(join(project.folder, 'study/runs/words/results/tables/total.tsv'), 'utf8')).toContain('S1\t3\n');
  });
}

const isRoot = process.getuid?.() === 0;

describeWithEngine('docker', (on) => {
  test(`a full disk under the run directory${isRoot ? '' : ' (not tried: only root can mount a small one)'}`, () => {
    project = containedProject(on, breakS1("    writeFileSync(job.output('counts'), 'x'.repeat(3e6));"));
    if (!isRoot) return;
    const disk = join(project.folder, 'small');
    mkdirSync(disk);
    expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]).status).toBe(0);
    try {
      const full = [...run, '--run-dir', 'small/words'];
      const done = project.cli(...full);
      expect(done.status).toBe(1);
      expect(messageOf(done.stderr)).toBe('count/S1 could not write <project>/small/words/jobs/count/S1/attempt-1 (ENOSPC: no space left).\n    Free some space, or some files if `df -i` shows none left (`lymphline clean` says what could go), then run again: finished jobs are kept.\n    log: <project>/small/words/jobs/count/S1/attempt-1/log.txt');
      expect(done.stderr).not.toContain('This is a bug');
      spawnSync('mount', ['-o', 'remount,size=50m', disk]);
      project.write('steps/count/run.ts', files['steps/count/run.ts']);
      const again = project.cli(...full);
      expect(again.stderr).not.toContain('import/S1-gex started');
      expect(again.status).toBe(0);
    } finally {
      spawnSync('umount', [disk]);
    }
  });

  test('an image that is not here, without network', () => {
    project = containedProject(on, {'contained.yaml': 'launcher: local\nengine: docker\nimages: {lymphline: localhost/no-such:1, folder: empty}\n'});
    const done = project.cli(...run);
    expect({status: done.status, stderr: project.scrub(done.stderr)}).toEqual({status: 2, stderr: `The image "lymphline" is not here for docker. Looked for:
    localhost/no-such:1 in docker
    Run \`lymphline images pull lymphline\` where there is a network, or name its file in the profile (images: {lymphline: …}).
1 problem; nothing was started.
`});
    expect(existsSync(join(project.folder, 'study/runs'))).toBe(false);
  });

  test('an engine that does not answer', () => {
    project = containedProject({...on, environment: {...on.environment, DOCKER_HOST: 'unix:///no/such.sock'}});
    const done = project.cli(...run);
    expect({status: done.status, stderr: project.scrub(done.stderr).replace(/answer: .*\n/, 'answer: <words>\n')}).toEqual({status: 2, stderr: `The profile asks for docker, but docker does not answer: <words>
    Install or start it, or choose another --profile (laptop needs no containers).
1 problem; nothing was started.
`});
    expect(done.stderr).toMatch(/answer: .*unix:\/\/\/no\/such\.sock/);
  });
});

// Root runs steps as a plain user, who may not read everything that root may.
describeWithEngine('docker', closedInput);
describeWithEngine('podman', closedInput);

function closedInput(on: EngineOnHand): void {
  test(`an input that the container's user may not read${isRoot ? '' : ' (not tried: a plain user is the same inside)'}`, () => {
    project = containedProject(on);
    if (!isRoot) return;
    chmodSync(join(project.folder, 'study/s1.txt'), 0o600);
    const done = project.cli(...run);
    expect(done.status).toBe(1);
    const lines = project.scrub(done.stderr).split('\n');
    const from = lines.findIndex((line) => line.startsWith('import/S1-gex failed'));
    expect(lines.slice(from, from + 3).join('\n')).toBe(`import/S1-gex failed: its input text is closed to it. <project>/study/s1.txt has mode 600 and owner 0; in ${on.engine.name} a step runs as user 1000.
    Open it (chmod -R o+rX <project>/study/s1.txt), or run lymphline as its owner.
    log: <project>/study/runs/words/jobs/import/S1-gex/attempt-1/log.txt`);
    chmodSync(join(project.folder, 'study/s1.txt'), 0o604);
    expect(project.cli(...run).status).toBe(0);
  });
}

// An image of a shell that no processor starts, which says that it is for another.
describeWithEngine('docker', otherArchitecture);
describeWithEngine('podman', otherArchitecture);
describeWithEngine('apptainer', otherArchitecture, 'sif');
describeWithEngine('charliecloud', otherArchitecture);

function otherArchitecture(on: EngineOnHand): void {
  const [machine, other] = process.arch === 'x64' ? ['amd64', 'arm64'] : ['arm64', 'amd64'];
  const {name} = on.engine;

  test('an image for another processor', () => {
    const store = mkdtempSync(join(tmpdir(), 'lymphline-images-'));
    const made = makeForeign(on, store, other);
    project = containedProject(on, {'contained.yaml': `launcher: local\nengine: ${name}\nimages: {lymphline: ${made}}\n`});
    try {
      const done = project.cli(...run);
      const convert = on.engine.daemon === undefined ? `, then \`lymphline images convert lymphline --engine ${name}\`` : '';
      expect({status: done.status, stderr: done.stderr.replace(/found: .*/, 'found: <image>')}).toEqual({status: 2, stderr: `The image "lymphline" is made for ${other}, this machine is ${machine}, and ${name} cannot start it here.
    found: <image>
    Run \`lymphline images pull lymphline\` on a machine with ${machine}${convert}, or name its file in the profile (images: {lymphline: …}).
1 problem; nothing was started.
`});
    } finally {
      rmSync(store, {recursive: true, force: true});
      if (on.engine.daemon !== undefined) spawnSync(name, ['image', 'rm', '--force', foreignName], {env: on.environment});
    }
  });
}

/** Of this process: another one may test in the same engine. */
const foreignName = `localhost/lymphline-foreign:${process.pid}`;

/** A tar for Docker and Podman, a SIF, a folder. */
function makeForeign({engine, environment}: EngineOnHand, store: string, architecture: string): string {
  const folder = join(store, 'foreign.dir');
  for (const name of ['bin', 'etc', 'proc', 'dev', 'sys', 'tmp']) mkdirSync(join(folder, name), {recursive: true});
  for (const name of ['passwd', 'group']) writeFileSync(join(folder, 'etc', name), '');
  const header = Buffer.alloc(64);
  header.write('\x7fELF\x02\x01\x01', 0, 'latin1');
  header.writeUInt16LE(2, 16);
  // e_machine: EM_AARCH64 or EM_X86_64.
  header.writeUInt16LE(architecture === 'arm64' ? 183 : 62, 18);
  for (const name of ['sh', 'true']) writeFileSync(join(folder, 'bin', name), header, {mode: 0o755});
  const run = (...argv: string[]): void => expect(spawnSync(argv[0], argv.slice(1), {encoding: 'utf8', env: environment})).toMatchObject({status: 0});
  if (engine.name === 'charliecloud') {
    writeFileSync(`${folder}.json`, JSON.stringify({image: 'foreign', id: `sha256:${'1'.repeat(64)}`, made: 'convert'}));
    return folder;
  }
  if (engine.name === 'apptainer') {
    const path = join(store, 'foreign.sif');
    run('apptainer', '--quiet', 'build', path, folder);
    const sif = readFileSync(path);
    // The two digits of the architecture in the header: Apptainer wrote those of this machine.
    sif.write(architecture === 'arm64' ? '04' : '02', 45, 'latin1');
    writeFileSync(path, sif);
    return path;
  }
  run('tar', '-C', folder, '-cf', join(store, 'layer.tar'), '.');
  const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');
  const config = JSON.stringify({architecture, os: 'linux', rootfs: {type: 'layers', diff_ids: [`sha256:${sha256(readFileSync(join(store, 'layer.tar')))}`]}, config: {}});
  writeFileSync(join(store, `${sha256(config)}.json`), config);
  writeFileSync(join(store, 'manifest.json'), JSON.stringify([{Config: `${sha256(config)}.json`, RepoTags: [foreignName], Layers: ['layer.tar']}]));
  run('tar', '-C', store, '-cf', join(store, 'foreign.tar'), 'manifest.json', `${sha256(config)}.json`, 'layer.tar');
  return join(store, 'foreign.tar');
}
