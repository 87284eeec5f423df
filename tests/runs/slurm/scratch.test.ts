// Scratch on the nodes of a real Slurm, what a job says of its memory, and the times of the trace.
import {spawnSync} from 'node:child_process';
import {existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, join} from 'node:path';
import {afterAll, expect, test} from 'vitest';
import {projectRoot} from '../../rig/cli.ts';
import {catalogue} from '../../rig/contained-project.ts';
import {describeWithEngine} from '../../rig/engines.ts';
import {mountSmallDisk} from '../../rig/small-disk.ts';
import {describeWithSlurm} from '../../rig/slurm.ts';
import {ofRun, slurmProfile, slurmProject, words, type SlurmProject} from '../../rig/slurm-project.ts';
import {files} from '../../rig/word-count-project.ts';

const run = ['run', 'study/run.yaml', '--profile', 'slurm.yaml'];
/** As a node has it: a disk of its own, and a variable that only its jobs have. */
const node = mkdtempSync(join(tmpdir(), 'lymphline-node-'));
afterAll(() => rmSync(node, {recursive: true, force: true}));
const staging = `setup: ["export NODE_DISK='${node}'"]\nscratch: {folder: $NODE_DISK, stage: outputs}\n`;
const log = (project: SlurmProject, job: string, attempt = 1): string => readFileSync(ofRun(project, `jobs/${job}/attempt-${attempt}/log.txt`), 'utf8');
const manifest = (project: SlurmProject, path = 'results/manifest.json'): string => readFileSync(ofRun(project, path), 'utf8');
const total = "import {realpathSync} from 'node:fs';\nimport {dirname} from 'node:path';\n" + files['steps/total/run.ts'].replace('  const rows', "  process.stdout.write(`${realpathSync(dirname(job.output('total')))} ${process.env['TMPDIR']}\\n`);\n  const rows");

interface TraceRow {
  readonly [column: string]: string;
}
function trace(project: SlurmProject): TraceRow[] {
  const [header, ...rows] = readFileSync(ofRun(project, 'trace.tsv'), 'utf8').trim().split('\n').map((line) => line.split('\t'));
  return rows.map((row) => Object.fromEntries(header.map((name, i) => [name, row[i]])));
}

describeWithSlurm('scratch, memory and times', {}, (cluster) => {
  /** This project's own command line, which has the step of doctor's job. */
  const cliIn = (folder: string, ...argv: string[]): {stdout: string} =>
    spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', join(projectRoot, 'pipeline/cli/main.ts'), ...argv], {cwd: folder, encoding: 'utf8', env: cluster.environment, timeout: 100_000});

  test('outputs are made on the node and copied out; the results are those of a run on this machine', () => {
    const project = slurmProject(cluster, {changed: {'slurm.yaml': slurmProfile + staging, 'steps/total/run.ts': total}});
    try {
      const done = project.cli(...run);
      expect(done.status, done.stderr).toBe(0);
      const own = `${node}/lymphline-[0-9a-f]{12}-[0-9a-f]{12}-1`;
      expect(log(project, 'total/cohort')).toMatch(new RegExp(`^${own}/outputs ${own}/tmp\n$`));
      expect(readFileSync(ofRun(project, 'results/tables/total.tsv'), 'utf8')).toBe(words);
      expect(lstatSync(ofRun(project, 'jobs/total/cohort/attempt-1/outputs')).isDirectory()).toBe(true);
      expect(readdirSync(ofRun(project, 'jobs/count/S1/attempt-1')).sort()).toEqual(['complete.json', 'exit.json', 'job.json', 'log.txt', 'outputs']);
      expect(readdirSync(node)).toEqual([]);
      // Without the cache it is made again.
      rmSync(ofRun(project, '../.lymphline-cache'), {recursive: true});
      expect(project.cli('run', 'study/run.yaml', '--run-dir', 'study/runs/here').stderr).toContain('words: 5 jobs run, 0 reused');
      expect(manifest(project, '../here/results/manifest.json')).toBe(manifest(project));
    } finally {
      project.remove();
    }
  });

  test('a node without the folder: the job does not start, and the message names the folder and the node', () => {
    const project = slurmProject(cluster, {changed: {'slurm.yaml': `${slurmProfile}scratch: /no-such-disk/$SLURM_JOB_ID\n`}});
    try {
      const done = project.cli(...run, '--only', 'import/S1-gex');
      expect(done.status).toBe(1);
      expect(project.scrub(done.stderr)).toMatch(/import\/S1-gex could not be started by Slurm on (\S+) \(attempt 1\)\.\n {4}Slurm job \d+: FAILED \(scratch \/no-such-disk\/\$\{SLURM_JOB_ID\}: there is no folder \/no-such-disk\/\d+\) on \1\n {4}Name a folder that is there on each node \(scratch in the profile\), or have a set-up line make it \(setup\)\.\n/);
      project.write('doctor.yaml', `${slurmProfile}scratch: /no-such-disk/$SLURM_JOB_ID\nresources: {simulate: {memory_gb: 1}}\n`);
      expect(JSON.parse(cliIn(project.folder, 'doctor', '--profile', 'doctor.yaml', '--json').stdout)).toMatchObject({
        canRun: false, job: {ok: false, words: expect.stringMatching(/^Slurm job \d+: FAILED \(scratch \/no-such-disk\/\$\{SLURM_JOB_ID\}: there is no folder \/no-such-disk\/\d+\)$/) as string},
        machine: expect.arrayContaining([{what: 'disk: temporary files', found: '/no-such-disk/${SLURM_JOB_ID} on each node; the small job looks there', ok: true, expected: ''}]) as unknown,
      });
    } finally {
      project.remove();
    }
  });

  test('a run directory that is full when outputs are copied out is named, and nothing is half there; a full disk of the node too', () => {
    const large = (bytes: number): string => files['steps/import/run.ts'].replace('.trim()}\\n`)', `.trim()} \${'x'.repeat(${bytes})}\\n\`)`);
    const project = slurmProject(cluster, {changed: {'slurm.yaml': slurmProfile + staging, 'steps/import/run.ts': large(4e6)}});
    const shared = mountSmallDisk(join(project.folder, 'study/runs'), 'size=2m');
    const local = mountSmallDisk(node, 'size=20m');
    try {
      const done = project.cli(...run, '--only', 'import/S1-gex');
      expect(done.status).toBe(1);
      expect(project.scrub(done.stderr)).toContain('import/S1-gex could not write <project>/study/runs/words/jobs/import/S1-gex/attempt-1/outputs (ENOSPC: no space left).\n    Free some space');
      expect(log(project, 'import/S1-gex')).toContain('No space left on device');
      expect(existsSync(ofRun(project, 'jobs/import/S1-gex/attempt-1/outputs.part'))).toBe(false);
      expect(readdirSync(node)).toEqual([]);
      shared.change('size=40m');
      expect(project.cli(...run, '--only', 'import/S1-gex').status).toBe(0);
      local.change('size=2m');
      const full = project.cli(...run, '--only', 'import/S2-gex');
      expect(full.stderr).toMatch(new RegExp(`import/S2-gex could not write ${node}/lymphline-\\S+ on \\S+-\\d \\(ENOSPC: no space left\\)\\.`));
      expect(readdirSync(node)).toEqual([]);
    } finally {
      local.unmount();
      shared.unmount();
      project.remove();
    }
  });

  test('the time limit and scancel leave nothing of it on the node', async () => {
    const project = slurmProject(cluster, {changed: {'slurm.yaml': slurmProfile + staging, 'steps/import/run.ts': "process.stderr.write('begun\\n');\nsetTimeout(() => {}, 100_000);\n"}});
    try {
      const started = project.start(...run, '--only', 'import');
      const begun = (): boolean => ['S1-gex', 'S2-gex'].every((unit) => existsSync(ofRun(project, `jobs/import/${unit}/attempt-1/log.txt`)) && log(project, `import/${unit}`) !== '');
      for (let i = 0; i < 800 && !begun(); i++) await new Promise((next) => setTimeout(next, 25));
      expect(readdirSync(node).length).toBe(2);
      const [one = '', other = ''] = cluster.ask('squeue', '--noheader', '--array', '--format=%i').trim().split('\n');
      cluster.ask('scontrol', 'update', `jobid=${one}`, 'TimeLimit=0');
      cluster.ask('scancel', other);
      expect(await started.ended).toBe(1);
      expect(started.stderr()).toContain('was cancelled in Slurm');
      expect(started.stderr()).toContain('was stopped after its 1 minutes');
      for (let i = 0; i < 200 && readdirSync(node).length > 0; i++) await new Promise((next) => setTimeout(next, 25));
      expect(readdirSync(node)).toEqual([]);
    } finally {
      project.remove();
    }
  });

  test('kill -9 of the engine: its jobs copy their outputs out without it, and the next run takes them over', async () => {
    const project = slurmProject(cluster, {seconds: 5, changed: {'slurm.yaml': slurmProfile + staging}});
    try {
      const started = project.start(...run, '--until', 'count');
      for (let i = 0; i < 1200 && project.starts().length < 2; i++) await new Promise((next) => setTimeout(next, 25));
      started.child.kill('SIGKILL');
      await started.ended;
      expect(lstatSync(ofRun(project, 'jobs/count/S1/attempt-1/outputs')).isSymbolicLink()).toBe(true);
      const done = project.cli(...run);
      expect(done.stderr).toContain('words: 3 jobs run, 2 reused, 0 failed');
      expect(project.starts()).toEqual(['S1', 'S2']);
      expect(readFileSync(ofRun(project, 'results/tables/total.tsv'), 'utf8')).toBe(words);
      expect(readdirSync(node)).toEqual([]);
    } finally {
      project.remove();
    }
  });

  test('the trace has the wait in the queue apart from the time of the job, its number and its node; and its peak of memory', () => {
    const greedy = files['steps/import/run.ts'].replace('  writeFileSync', '  const held = Buffer.alloc(150e6, 1);\n  await new Promise((done) => setTimeout(done, 1000));\n  void held.length;\n  writeFileSync');
    const project = slurmProject(cluster, {changed: {'slurm.yaml': slurmProfile.replace('{', '{extra: [--begin=now+4], '), 'steps/import/run.ts': greedy}});
    try {
      const {status, stderr} = project.cli(...run, '--only', 'import/S1-gex');
      expect(status, stderr).toBe(0);
      const [row] = trace(project);
      const [submit, start, complete, realtime, duration] = ['submit', 'start', 'complete', 'realtime', 'duration'].map((name) => Number(row[name]));
      expect(start - submit).toBeGreaterThan(2500);
      expect([realtime, duration]).toEqual([complete - start, complete - submit]);
      // It waits for a second, and Node has to start.
      expect(realtime).toBeGreaterThan(1000);
      expect(realtime).toBeLessThan(duration - 2500);
      expect(row['native_id']).toMatch(/^\d+$/);
      expect(cluster.nodes).toContain(row['hostname']);
      const complete_json = JSON.parse(readFileSync(ofRun(project, 'jobs/import/S1-gex/attempt-1/complete.json'), 'utf8')) as {peak_memory_gb?: number; peak_missing?: string};
      if (!cluster.hasMemoryLimits) {
        expect(complete_json).toMatchObject({peak_missing: 'the job has no memory control group of its own on its node, and accounts did not tell'});
        return;
      }
      // 150 MB, Node itself with some 50, and the files that they read for the first time.
      expect(complete_json.peak_memory_gb).toBeGreaterThan(0.15);
      expect(complete_json.peak_memory_gb).toBeLessThan(0.6);
      expect(row['peak_rss']).toBe(String(Math.round((complete_json.peak_memory_gb ?? 0) * 1e9)));
      project.write('slurm.yaml', `${slurmProfile}${staging}requests: learnt\n`);
      const plan = JSON.parse(project.cli('plan', 'study/run.yaml', '--profile', 'slurm.yaml', '--run-dir', 'study/runs/other', '--json').stdout) as {jobs: {id: string; memory_gb: number}[]; scratch: unknown};
      expect(plan.scratch).toEqual({folder: '${NODE_DISK}', stage: 'outputs'});
      const [{memory_gb}] = plan.jobs;
      // 1.25 times, and a tenth more at most.
      expect(memory_gb).toBeCloseTo((complete_json.peak_memory_gb ?? 0) * 1.25 + 0.1, 0);
      expect(memory_gb).toBeLessThan(1);
    } finally {
      project.remove();
    }
  });

  for (const name of ['apptainer', 'charliecloud'] as const) {
    describeWithEngine(name, ({image, environment}) => {
      test('in containers of jobs too, whose scratch only the node knows', () => {
        const project = slurmProject(cluster, {environment, changed: {
          'containers/images.yaml': catalogue, 'slurm.yaml': `${slurmProfile.replace('none', name)}images: {lymphline: ${image}}\n${staging}`,
          'steps/import/run.ts': files['steps/import/run.ts'].replace('  writeFileSync', "  const {TMPDIR = ''} = process.env;\n  writeFileSync(`${TMPDIR}/large`, 'x');\n  process.stdout.write(`${TMPDIR} ${readFileSync('/proc/self/mountinfo', 'utf8').split('\\n').filter((line) => /attempt-1.outputs /.test(line)).map((line) => line.split(' ')[3])}\\n`);\n  writeFileSync"),
        }});
        try {
          const done = project.cli(...run, '--only', 'import/S1-gex');
          expect(done.status, done.stderr).toBe(0);
          // The root of a mount is told from that of its disk on.
          expect(log(project, 'import/S1-gex')).toMatch(new RegExp(`^/lymphline-scratch/tmp \\S*${basename(node)}/lymphline-[0-9a-f]{12}-[0-9a-f]{12}-1/outputs\n$`));
          expect(readFileSync(ofRun(project, 'jobs/import/S1-gex/attempt-1/outputs/text.tsv'), 'utf8')).toBe('text\na b c\n');
          expect(readdirSync(node)).toEqual([]);
        } finally {
          project.remove();
        }
      });
    });
  }
});
