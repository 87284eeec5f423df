// docs/hpc.md as a reader would follow it: each of its commands, in its order and with its profile, on a real Slurm with real images.
import {spawnSync} from 'node:child_process';
import {chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {parse} from 'yaml';
import {projectRoot} from '../../rig/cli.ts';
import {catalogue} from '../../rig/contained-project.ts';
import {describeWithEngine, engineEnvironment, findEngine} from '../../rig/engines.ts';
import {describeWithSlurm} from '../../rig/slurm.ts';
import {createProject, type TempProject} from '../../rig/temp-project.ts';
import {until} from '../../rig/until.ts';
import {files} from '../../rig/word-count-project.ts';

const page = readFileSync(join(projectRoot, 'docs/hpc.md'), 'utf8');
const blocks = (language: string): string[] => [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))].map(([, text]) => text);
const commands = blocks('sh').join('').trim().split('\n').map((line) => line.replace(/ +# .*/, ''));
const [profile = '', runFileLines = '', ...otherYaml] = blocks('yaml');

/** Apptainer is no requirement of a test machine. */
const engine = 'reason' in findEngine('apptainer') ? 'charliecloud' : 'apptainer';

interface Scene {
  readonly project: TempProject;
  readonly stdout: string;
  readonly stderr: string;
  readonly queue: () => string;
}

interface Entry {
  readonly exit: number;
  /** What the page says of it. */
  readonly check: (scene: Scene) => void | Promise<void>;
}

const inRun = ({project}: Pick<Scene, 'project'>, path: string): string => join(project.folder, 'study/runs/lupus', path);
const total = (scene: Scene): string => readFileSync(inRun(scene, 'results/tables/total.tsv'), 'utf8');
const outputsOf = (scene: Pick<Scene, 'project'>, job: string, attempt: number): string[] => readdirSync(inRun(scene, `jobs/${job}/attempt-${attempt}/outputs`));

/** The page's commands, in its order. P02-month3 is at first a sample that qc cannot read. */
const entries: Readonly<Record<string, Entry>> = {
  'lymphline images build': {exit: 0, check: ({project, stderr}) => {
    expect(stderr).toMatch(/^words: [0-9a-f]{12}, /m);
    expect(existsSync(join(project.folder, 'home/.cache/lymphline/images/words.tar'))).toBe(true);
  }},
  'lymphline images convert --engine apptainer': {exit: 0, check: ({stderr}) => expect(stderr).toMatch(/^words: [0-9a-f]{12} in .*words\.(sif|dir), /m)},
  'cp -r ~/.cache/lymphline/images/. /shared/images/': {exit: 0, check: ({project}) => {
    // What is not there has not been copied: from here on only the copy is.
    rmSync(join(project.folder, 'home/.cache'), {recursive: true});
  }},
  'lymphline images list --run study/run.yaml --profile site.yaml': {exit: 0, check: ({project, stdout}) => {
    expect(stdout).toMatch(new RegExp(`^${project.folder}/shared/images\nwords [0-9a-f]{12}: a test's\n    here: .*(sif|dir)`));
    expect(stdout).toContain('    needed by: import qc total\n');
  }},
  'lymphline doctor --profile site.yaml': {exit: 0, check: ({stdout}) => expect(stdout).toContain('the same bytes as without a container')},
  'lymphline plan study/run.yaml --profile site.yaml': {exit: 0, check: ({stdout}) => {
    // 4 imports and a total of 1 minute, 4 times qc with the profile's 120: 485 minutes. 8.08 hours of one core; 1 + 120 + 1 along the chain.
    expect(stdout).toContain('9 jobs to run, 0 cached. At most 8.08 cpu-hours, 16 GB for the largest job, 122 minutes along the longest chain.\n');
  }},
  'lymphline run study/run.yaml --profile site.yaml --submit': {exit: 0, check: async (scene) => {
    expect(scene.stdout).toMatch(/^\d+\n$/);
    expect(scene.stderr).toContain(`The run is Slurm job ${scene.stdout.trim()}; what it says goes to ${inRun(scene, 'engine-job.log')}.\n`);
    await until('the end of the run', () => scene.queue() === '', 280);
    const said = readFileSync(inRun(scene, 'engine-job.log'), 'utf8');
    expect(said).toContain('lupus: 9 jobs through Slurm, at most 1000 at once\n');
    expect(said).toMatch(/Slurm was asked \d+ times \(\d+ sbatch, /);
    expect(said).toContain('contrast month3-vs-baseline lost the pairs of P02; 1 is left.\n');
    expect(total(scene)).toBe('sample_id\tn_words\nP01-baseline\t3\nP01-month3\t2\nP02-baseline\t1\n');
    // The set-up lines: of doctor's job, of lymphline's own and of each of its 9, with the PATH of the shell that submitted.
    expect(readFileSync(join(scene.project.folder, 'home/modules'), 'utf8')).toBe('load apptainer\n'.repeat(11));
    expect(readFileSync(join(scene.project.folder, 'asked'), 'utf8').split('\n')).toContain('squeue 1');
  }},
  'lymphline status study/runs/lupus': {exit: 0, check: ({project, stdout}) => {
    expect(stdout).toContain('lupus: failed\n      8 complete\n      1 failed\n');
    expect(stdout).toContain('sample P02-month3 is quarantined: qc ended with exit code 3.\n');
    expect(stdout).toContain(`To go on: lymphline run ${project.folder}/study/run.yaml --profile ${project.folder}/site.yaml\n`);
  }},
  'lymphline logs study/runs/lupus qc/P02-month3': {exit: 0, check: ({project, stdout}) => {
    expect(stdout).toBe('nothing to count\n');
    project.write('study/s4.txt', 'g h i j\n');
  }},
  'lymphline run study/run.yaml --profile site.yaml': {exit: 0, check: (scene) => {
    // Its import, its qc and the total.
    expect(scene.stderr).toContain('lupus: 3 jobs run, 6 reused, 0 failed, 0 not started');
    expect(total(scene)).toBe('sample_id\tn_words\nP01-baseline\t3\nP01-month3\t2\nP02-baseline\t1\nP02-month3\t4\n');
    // keep: results
    expect(outputsOf(scene, 'qc/P02-month3', 2)).toEqual([]);
    expect(outputsOf(scene, 'total/cohort', 2)).toEqual(['total.tsv']);
  }},
  'lymphline cancel study/runs/lupus': {exit: 0, check: ({stdout}) => {
    // What it ends is in a test of its own below.
    expect(stdout).toBe('lupus has nothing in Slurm.\n');
  }},
  'lymphline clean study/runs/lupus': {exit: 0, check: ({project, stdout}) => {
    // Of import, qc and total. keep: results has left no outputs.
    expect(stdout).toMatch(/^3 attempts before the one that counts: \d+ files, .*\n0 outputs that no job needs any more: /);
    expect(existsSync(inRun({project}, 'jobs/qc/P02-month3/attempt-1'))).toBe(true);
  }},
  'lymphline clean study/runs/lupus --intermediates --yes': {exit: 0, check: (scene) => {
    expect(scene.stdout).toMatch(/^3 attempts before the one that counts: .* \(removed\)\n0 outputs /);
    expect(existsSync(inRun(scene, 'jobs/qc/P02-month3/attempt-1'))).toBe(false);
    expect(total(scene)).toContain('P02-month3\t4\n');
    for (const [entry, days] of [['aa', 31], ['bb', 29]] as const) {
      const file = inRun(scene, `../.lymphline-cache/${entry}/${entry.repeat(32)}/entry.json`);
      mkdirSync(dirname(file), {recursive: true});
      writeFileSync(file, '{"outputs": {}}');
      utimesSync(file, Date.now() / 1000, Date.now() / 1000 - days * 86_400);
    }
  }},
  'lymphline clean --cache study/runs/lupus --older-than 30 --yes': {exit: 0, check: ({project, stdout}) => {
    // keep: results put nothing into it: these two are the test's.
    expect(stdout).toMatch(/\/\.lymphline-cache: 2 entries, .*\n1 entries were removed: /);
    expect(existsSync(inRun({project}, '../.lymphline-cache/bb'))).toBe(true);
  }},
};

test('each command of the page is run here, in its order; each block of YAML is used', () => {
  expect(commands).toEqual(Object.keys(entries));
  expect(otherYaml).toEqual([]);
});

const settings = join(mkdtempSync(join(tmpdir(), 'lymphline-slurm-')), 'more.conf');
writeFileSync(settings, 'PartitionName=long Nodes=ALL State=UP\n');
afterAll(() => rmSync(join(settings, '..'), {recursive: true, force: true}));

describeWithEngine('podman', () => describeWithEngine(engine, () => describeWithSlurm('the page', {nodes: 3, memory: 64_000, settings}, (cluster) => {
  let project: TempProject;

  /** What of the page is of a site, and what it is here. All else is run as it is written. */
  const site = (): [page: string, here: string][] => [
    ['engine: apptainer', `engine: ${engine}`],
    ['/local/me', join(project.folder, 'scratch')],
    ['/shared/images', join(project.folder, 'shared/images')],
    ['--exclude=n7', `--exclude=${cluster.nodes[2]}`],
  ];
  const here = (text: string): string => site().reduce((written, [ofPage, own]) => written.replaceAll(ofPage, own), text.replace('--engine apptainer', `--engine ${engine}`));

  beforeAll(() => {
    const inWords = (text: string): string => text.replace('container: lymphline', 'container: words');
    const step = (name: string): string => readFileSync(join(projectRoot, 'steps/simulate', name), 'utf8');
    project = createProject({
      'containers/images.yaml': catalogue.replace('lymphline', 'words'),
      'containers/words/Containerfile': 'ARG BASE=localhost/lymphline-base:trixie\nFROM ${BASE}\n',
      'containers/host-config.sh': readFileSync(join(projectRoot, 'containers/host-config.sh'), 'utf8'),
      'study/run.yaml': `lymphline: 1\nname: lupus\nsamples: samples.tsv\ntimepoints: [baseline, month3]\ncontrasts:\n  - {name: month3-vs-baseline, by: timepoint, before: baseline, after: month3, primary: true}\n${runFileLines}`,
      'study/samples.tsv': `sample_id\tpatient_id\ttimepoint\tday\tlibrary\tpath\n${['P01-baseline', 'P01-month3', 'P02-baseline', 'P02-month3'].map((id, i) => `${id}\t${id.slice(0, 3)}\t${id.slice(4)}\t${i % 2 === 0 ? 0 : 90}\tgex\ts${i + 1}.txt\n`).join('')}`,
      'study/s1.txt': 'a b c\n', 'study/s2.txt': 'd e\n', 'study/s3.txt': 'f\n', 'study/s4.txt': 'nothing\n',
      'pipeline/analysis/words.ts': files['pipeline/analysis/words.ts'],
      'steps/import/step.yaml': inWords(files['steps/import/step.yaml']), 'steps/import/run.ts': files['steps/import/run.ts'],
      'steps/qc/step.yaml': inWords(files['steps/count/step.yaml']).replace('name: count', 'name: qc'),
      'steps/qc/run.ts': files['steps/count/run.ts'].replace('  const n =', "  if (text === 'nothing') {\n    process.stderr.write('nothing to count\\n');\n    process.exit(3);\n  }\n  const n ="),
      'steps/total/step.yaml': inWords(files['steps/total/step.yaml']).replace('from: count', 'from: qc'), 'steps/total/run.ts': files['steps/total/run.ts'],
      ...Object.fromEntries(readdirSync(join(projectRoot, 'steps/simulate')).filter((name) => /\.(ts|yaml)$/.test(name)).map((name) => [`steps/simulate/${name}`, inWords(step(name))])),
      // A site's `module`, as login shells have it.
      'home/.bash_profile': 'module() { echo "$*" >>"$HOME/modules"; }\n',
    });
    for (const folder of ['scratch', 'shared/images', 'bin']) mkdirSync(join(project.folder, folder), {recursive: true});
    const programs = {
      lymphline: `exec '${process.execPath}' --disable-warning=ExperimentalWarning '${project.folder}/pipeline/cli/main.ts' "$@"`,
      // Notes whether lymphline's own job calls it.
      squeue: `echo "squeue $LYMPHLINE_ENGINE_JOB" >>'${project.folder}/asked'\nexec env PATH="\${PATH#*:}" squeue "$@"`,
    };
    for (const [name, script] of Object.entries(programs)) {
      writeFileSync(join(project.folder, 'bin', name), `#!/bin/sh\n${script}\n`);
      chmodSync(join(project.folder, 'bin', name), 0o755);
    }
    for (const node of cluster.nodes.slice(0, 2)) cluster.ask('scontrol', 'update', `NodeName=${node}`, 'AvailableFeatures=avx2', 'ActiveFeatures=avx2');
    project.write('site.yaml', here(profile));
  });
  afterAll(() => project.remove());

  const shell = (command: string): {status: number | null; stdout: string; stderr: string} => {
    const {LYMPHLINE_IMAGES: _images, LYMPHLINE_CACHE: _cache, XDG_CACHE_HOME: _xdg, ...environment} = engineEnvironment();
    return spawnSync('bash', ['-c', command], {
      cwd: project.folder, encoding: 'utf8', timeout: 280_000,
      env: {...environment, SLURM_CONF: cluster.environment['SLURM_CONF'], HOME: join(project.folder, 'home'), PATH: `${project.folder}/bin:${environment['PATH'] ?? ''}:/usr/sbin:/sbin`},
    });
  };
  const queue = (): string => cluster.ask('squeue', '--noheader', '--format=%i');

  test('what is of a site is on the page, and the profile says nothing else than the page', () => {
    for (const [ofPage] of site()) expect(page).toContain(ofPage);
    expect(Object.keys(parse(here(profile)) as object)).toEqual(Object.keys(parse(profile) as object));
  });

  for (const [command, {exit, check}] of Object.entries(entries)) {
    test(command, async () => {
      const {status, stdout, stderr} = shell(here(command));
      expect(`${stderr}${stdout}exit ${status}`).toMatch(new RegExp(`exit ${exit}$`));
      await check({project, stdout, stderr, queue});
    }, 1_200_000);
  }

  test('what is cancelled ends with its container: no process of it is left', async () => {
    const folder = join(project.folder, 'study/runs/inside');
    const step = readFileSync(join(project.folder, 'steps/import/run.ts'), 'utf8');
    project.write('steps/import/run.ts', "process.stderr.write('begun\\n');\nsetTimeout(() => {}, 600_000);\n");
    const submitted = shell('lymphline run study/run.yaml --profile site.yaml --run-dir study/runs/inside --submit');
    expect(submitted.status, submitted.stderr).toBe(0);
    const log = join(folder, 'jobs/import/P01-baseline-gex/attempt-1/log.txt');
    const inside = (): string[] => readdirSync('/proc').filter((pid) => /^\d+$/.test(pid)).filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${folder}/jobs/import/`);
      } catch {
        return false;
      }
    });
    await until('a job in its container', () => (existsSync(log) && readFileSync(log, 'utf8').includes('begun')));
    expect(inside().length).toBeGreaterThan(0);
    const cancelled = shell('lymphline cancel study/runs/inside');
    expect(cancelled.status, cancelled.stderr).toBe(0);
    expect(cancelled.stdout).toBe(`Slurm job ${submitted.stdout.trim()}, lymphline itself, is cancelled, and with it the jobs that it followed.\n`);
    await until('an empty queue', () => queue() === '');
    expect(inside()).toEqual([]);
    project.write('steps/import/run.ts', step);
  }, 300_000);

  test("scancel of lymphline's own job takes its jobs along; scratch holds their TMPDIR, and nothing afterwards", async () => {
    project.write('bare.yaml', here(profile).replace(/^engine: .*$/m, 'engine: none'));
    project.write('steps/import/run.ts', "process.stderr.write(`${process.env['TMPDIR']}\\n`);\nsetTimeout(() => {}, 600_000);\n");
    const folder = join(project.folder, 'study/runs/stopped');
    const log = join(folder, 'jobs/import/P01-baseline-gex/attempt-1/log.txt');
    const submitted = shell('lymphline run study/run.yaml --profile bare.yaml --run-dir study/runs/stopped --submit');
    expect(submitted.status, submitted.stderr).toBe(0);
      await until('a job', () => existsSync(log) && readFileSync(log, 'utf8') !== '');
      expect(readFileSync(log, 'utf8')).toMatch(new RegExp(`^${project.folder}/scratch/lymphline-[0-9a-f]{12}-[0-9a-f]{12}-1/tmp\n$`));
      cluster.ask('scancel', submitted.stdout.trim());
      await until('an empty queue', () => queue() === '');
      await until('empty scratch', () => readdirSync(join(project.folder, 'scratch')).length === 0);
    expect(readFileSync(join(folder, 'engine-job.log'), 'utf8')).toContain('; interrupted: run again to go on\n');
    expect(shell('lymphline status study/runs/stopped').stdout).toContain(`To go on: lymphline run ${project.folder}/study/run.yaml --run-dir ${folder} --profile ${project.folder}/bare.yaml\n`);
  }, 1_200_000);
})));
