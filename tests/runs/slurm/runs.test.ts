// A real Slurm starts the jobs of a run: the whole way, then every moment at which the engine or Slurm may stop.
import {spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as wait} from 'node:timers/promises';
import {expect, test} from 'vitest';
import {randomStream} from '../../../pipeline/base/random.ts';
import {projectRoot} from '../../rig/cli.ts';
import {describeWithSlurm} from '../../rig/slurm.ts';
import {ofRun, slurmProfile, slurmProject, words, type SlurmProject} from '../../rig/slurm-project.ts';
import {stepYaml} from '../../rig/temp-project.ts';
import {until} from '../../rig/until.ts';

const run = ['run', 'study/run.yaml', '--profile', 'slurm.yaml'];
/** Without the last step: one wave of jobs less to wait for. */
const part = [...run, '--until', 'count'];
const counted = (project: SlurmProject, folder = ofRun(project, '')): string => ['S1', 'S2'].map((unit) => readFileSync(join(folder, 'jobs/count', unit, 'attempt-1/outputs/counts.tsv'), 'utf8').split('\n')[1]).join(' ');
const all = 'S1\t3 S2\t2';
const total = (project: SlurmProject): string => readFileSync(ofRun(project, 'results/tables/total.tsv'), 'utf8');

const bothCount = (project: SlurmProject): Promise<unknown> => until('both to be counted', () => project.starts().length === 2);

describeWithSlurm('jobs through Slurm', {}, (cluster) => {
  const inQueue = (): string[] => cluster.ask('squeue', '--noheader', '--array', '--format=%i').split('\n').filter((id) => id !== '');
  test('a run gives the same results as on this machine, and each job leaves at most four files of the engine', () => {
    const project = slurmProject(cluster);
    try {
      const done = project.cli(...run, '--cores', '1');
      expect(done.status, done.stderr).toBe(0);
      expect(done.stderr).toContain('Without effect in Slurm: --cores. slurm.max_jobs in the profile says how many jobs it has at once.');
      expect(done.stderr).toContain('words: 5 jobs through Slurm, at most 1000 at once\n');
      expect(done.stderr).toMatch(/Slurm was asked \d+ times \([3-5] sbatch, \d+ squeue(, 1 scontrol)?\), \d+ per 100 jobs\.\n/);
      expect(total(project)).toBe(words);
      const manifest = readFileSync(ofRun(project, 'results/manifest.json'), 'utf8');
      expect(project.cli('run', 'study/run.yaml', '--run-dir', 'study/runs/here').status).toBe(0);
      expect(readFileSync(join(project.folder, 'study/runs/here/results/manifest.json'), 'utf8')).toBe(manifest);
      expect(readdirSync(ofRun(project, 'jobs/count/S1/attempt-1')).sort()).toEqual(['complete.json', 'exit.json', 'job.json', 'log.txt', 'outputs']);
      expect(JSON.parse(readFileSync(ofRun(project, 'jobs/count/S1/attempt-1/exit.json'), 'utf8'))).toMatchObject({exitCode: 0, slurmJobId: expect.stringMatching(/^\d+(_\d)?$/) as string, node: expect.stringContaining(cluster.name) as string});
      expect(project.cli(...run).stderr).toContain('0 jobs run, 5 reused');
    } finally {
      project.remove();
    }
  });

  test('many equal jobs go as arrays, and Slurm is asked a bounded number of times', () => {
    const n = 30;
    const rows = Array.from({length: n}, (_, i) => `S${i}\tP${i >> 1}\t${i % 2 === 0 ? 'before' : 'after'}\t0\tgex\ts1.txt\n`);
    const project = slurmProject(cluster, {changed: {
      'study/samples.tsv': `sample_id\tpatient_id\ttimepoint\tday\tlibrary\tpath\n${rows.join('')}`,
      'steps/import/step.yaml': stepYaml('import', `
    per: library
    inputs: {text: {format: any, from: sheet.path, library: [gex]}}
    params: {}
    outputs: {text: {format: tsv, columns: [text]}}`).replace('[node, run.ts]', '[sh, run.sh]'),
      'steps/import/run.sh': "printf 'text\\na b c\\n' >outputs/text.tsv\n",
      'slurm.yaml': 'launcher: slurm\nslurm: {array_size: 12}\nresources: {import: {memory_gb: 0.1}}\n',
    }});
    try {
      const began = Date.now();
      const {status, stderr} = project.cli(...run, '--only', 'import');
      expect(status, stderr).toBe(0);
      const [, nSbatch, nSqueue] = /\((\d+) sbatch, (\d+) squeue, \d+ scontrol\)/.exec(stderr) ?? [];
      // 12 + 12 + 6, if they were all ready within 300 ms; on a slow machine some go a little later.
      expect(Number(nSbatch)).toBeGreaterThanOrEqual(3);
      expect(Number(nSbatch)).toBeLessThanOrEqual(8);
      expect(Number(nSqueue)).toBeLessThanOrEqual((Date.now() - began) / 1000);
    } finally {
      project.remove();
    }
  });

  test('what is learnt of a job is how long it ran, not how long it waited in the queue', () => {
    const project = slurmProject(cluster, {changed: {'slurm.yaml': slurmProfile.replace('{', '{extra: [--begin=now+5], ')}});
    try {
      const {status, stderr} = project.cli(...run, '--only', 'import/S1-gex');
      expect(status, stderr).toBe(0);
      const lines = (path: string): Record<string, unknown>[] => readFileSync(ofRun(project, path), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
      const ended = lines('events.jsonl').find(({kind}) => kind === 'job-completed');
      const [learnt] = lines('../.lymphline-cache/measured.jsonl');
      expect(learnt['seconds']).toBeGreaterThan(0);
      expect(Number(ended?.['seconds']) - Number(learnt['seconds'])).toBeGreaterThanOrEqual(3);
    } finally {
      project.remove();
    }
  });

  test('paths and values with blanks, quotes and dollars reach the job as they are', () => {
    const project = slurmProject(cluster, {changed: {
      "study/it's a $HOME of \"data\"/s1.txt": 'a b c\n',
      'study/samples.tsv': "sample_id\tpatient_id\ttimepoint\tday\tlibrary\tpath\nS1\tP1\tbefore\t0\tgex\tit's a $HOME of \"data\"/s1.txt\nS2\tP1\tafter\t30\tgex\ts2.txt\n",
    }});
    try {
      const done = project.cli(...part, '--run-dir', "study/runs/it's $(a) run");
      expect(done.status, done.stderr).toBe(0);
      expect(counted(project, join(project.folder, "study/runs/it's $(a) run"))).toBe(all);
    } finally {
      project.remove();
    }
  });

  test('an output that is seen late is waited for; one that is not there at all is missed after the grace period', async () => {
    // As on a network file system: the file is made, and this machine does not see it yet.
    const project = slurmProject(cluster, {changed: {
      'slurm.yaml': slurmProfile.replace('grace_seconds: 3', 'grace_seconds: 8'),
      'steps/import/step.yaml': stepYaml('import', `
    per: library
    inputs: {text: {format: any, from: sheet.path, library: [gex]}}
    params: {}
    outputs: {text: {format: tsv, columns: [text]}}`).replace('[node, run.ts]', '[sh, run.sh]'),
      'steps/import/run.sh': "printf 'text\\na b c\\n' >hidden\n",
    }});
    const attempt = (unit: string): string => ofRun(project, `jobs/import/${unit}/attempt-1`);
    try {
      const started = project.start(...run, '--only', 'import');
      await until('its end', () => existsSync(join(attempt('S1-gex'), 'exit.json')));
      await wait(1000);
      renameSync(join(attempt('S1-gex'), 'hidden'), join(attempt('S1-gex'), 'outputs/text.tsv'));
      expect(await started.ended).toBe(1);
      expect(started.stderr()).toContain('import/S1-gex done in ');
      expect(started.stderr()).toContain('import/S2-gex ended well but did not write its output "text" (attempt 1).');
    } finally {
      project.remove();
    }
  });

  test('set-up lines come before the program, which gets their environment; one that fails is named', () => {
    const show = 'steps/count/run.ts';
    const project = slurmProject(cluster, {changed: {
      'slurm.yaml': `${slurmProfile}setup: ["export GREETING='it is \\"set\\"'"]\n`,
      'bad.yaml': `${slurmProfile}setup: ["true", "module load nothing-of-the-kind"]\n`,
    }});
    project.write(show, readFileSync(join(project.folder, show), 'utf8').replace('  const [, text]', "  process.stderr.write(`${process.env['GREETING']} ${Object.keys(process.env).filter((name) => name.startsWith('SLURM')).length}\\n`);\n  const [, text]"));
    try {
      const bad = project.cli('run', 'study/run.yaml', '--profile', 'bad.yaml', '--only', 'import');
      expect(bad.status).toBe(1);
      expect(bad.stderr).toMatch(/import\/S1-gex could not be started by Slurm on \S+ \(attempt 1\)\.\n {4}Slurm job [\d_]+: FAILED \(the set-up line "module load nothing-of-the-kind" failed\)/);
      expect(project.cli(...part).status).toBe(0);
      expect(readFileSync(ofRun(project, 'jobs/count/S1/attempt-1/log.txt'), 'utf8')).toBe('it is "set" 0\n');
    } finally {
      project.remove();
    }
  });

  test('what sbatch refuses is told in its words, and not tried again', () => {
    const project = slurmProject(cluster, {changed: {'slurm.yaml': `${slurmProfile.replace('{', '{partition: nowhere, ')}retries: 2\n`}});
    try {
      const done = project.cli(...run, '--only', 'import/S1-gex');
      expect(done.status).toBe(1);
      expect(project.scrub(done.stderr)).toContain(`import/S1-gex was refused by Slurm (attempt 1).
    sbatch: invalid partition specified: nowhere; Batch job submission failed: Invalid partition name specified
    Change what the profile asks for: slurm (partition, account, qos, constraint, extra) or resources.import.
    log: <project>/study/runs/words/jobs/import/S1-gex/attempt-1/log.txt
`);
    } finally {
      project.remove();
    }
  });

  test('kill -9 of the engine: its jobs go on, the next run takes them over, and none runs twice', async () => {
    const project = slurmProject(cluster, {isHeld: true});
    try {
      const first = project.start(...run);
      await bothCount(project);
      first.child.kill('SIGKILL');
      await first.ended;
      // What has ended may be completing for a moment.
      await until('two jobs in the queue', () => inQueue().length === 2);
      expect(project.cli('status', 'study/runs/words').stdout).toMatch(/words: stopped\n +2 complete\n +2 handed over\n +1 waiting\n/);
      const here = project.cli('run', 'study/run.yaml');
      expect(here.status).toBe(75);
      expect(here.stderr).toMatch(/^2 jobs of an earlier run may still be in Slurm: count\/S1 \(Slurm job [\d_]+\), count\/S2 \(Slurm job [\d_]+\)\.\n {4}Run with the profile that started them, which takes them over, or end them with `lymphline cancel`; then run again\.\n$/);
      project.release();
      const second = project.cli(...run);
      expect(second.status, second.stderr).toBe(0);
      expect(second.stderr).toContain('count/S1 started: its attempt 1 was handed over by an earlier run, and is taken over.');
      expect(project.starts()).toEqual(['S1', 'S2']);
      expect(readdirSync(ofRun(project, 'jobs/count/S1'))).toEqual(['attempt-1']);
      expect(total(project)).toBe(words);
    } finally {
      project.remove();
    }
  });

  test('kill -9 at random moments: no job runs twice, and the result is that of a run left alone', async () => {
    const project = slurmProject(cluster, {seconds: 1});
    const random = randomStream(8, 'moments of death');
    try {
      for (let i = 0; i < 3; i++) {
        const mortal = project.start(...run);
        await wait(500 + 3500 * random.uniform());
        mortal.child.kill('SIGKILL');
        await mortal.ended;
      }
      const last = project.cli(...run);
      expect(last.status, last.stderr).toBe(0);
      expect(project.starts()).toEqual(['S1', 'S2']);
      expect(total(project)).toBe(words);
    } finally {
      project.remove();
    }
  });

  test('jobs that ended while no engine ran are taken as they ended', async () => {
    const project = slurmProject(cluster, {isHeld: true});
    try {
      const first = project.start(...part);
      await bothCount(project);
      first.child.kill('SIGKILL');
      await first.ended;
      project.release();
      await until('an empty queue', () => inQueue().length === 0);
      const second = project.cli(...part);
      expect(second.status, second.stderr).toBe(0);
      expect(project.starts()).toEqual(['S1', 'S2']);
      expect(counted(project)).toBe(all);
    } finally {
      project.remove();
    }
  });

  test('a job of an earlier run that is no longer wanted is cancelled', async () => {
    const project = slurmProject(cluster, {isHeld: true});
    try {
      const first = project.start(...part);
      await bothCount(project);
      first.child.kill('SIGKILL');
      await first.ended;
      const old = inQueue();
      project.write('steps/count/run.ts', readFileSync(join(project.folder, 'steps/count/run.ts'), 'utf8').replace('i < 6000', 'i < 0'));
      const second = project.cli(...part);
      expect(second.status, second.stderr).toBe(0);
      expect(readdirSync(ofRun(project, 'jobs/count/S1'))).toEqual(['attempt-1', 'attempt-2']);
      await until('the end of the old ones', () => !inQueue().some((id) => old.includes(id)));
    } finally {
      project.remove();
    }
  });

  test('an engine that dies between sbatch and its answer does not hand over twice', async () => {
    const project = slurmProject(cluster, {instead: {sbatch: 'real "$@"; code=$?\n[ "$1" = --version ] || [ -e "$here/died" ] || { : >"$here/died"; kill -s KILL $PPID; }\nexit $code'}});
    try {
      const first = project.start(...run, '--only', 'import/S1-gex');
      expect(await first.ended).toBe('SIGKILL');
      const record = JSON.parse(readFileSync(ofRun(project, 'jobs/import/S1-gex/attempt-1/submitted.json'), 'utf8')) as {token: string};
      expect(record).not.toHaveProperty('jobId');
      const second = project.cli(...run, '--only', 'import/S1-gex');
      expect(second.status, second.stderr).toBe(0);
      expect(second.stderr).toContain('import/S1-gex started: its attempt 1 was handed over');
      const {slurmJobId} = JSON.parse(readFileSync(ofRun(project, 'jobs/import/S1-gex/attempt-1/exit.json'), 'utf8')) as {slurmJobId: string};
      expect(cluster.ask('squeue', '--noheader', '--states=all', `--name=${record.token}`, '--format=%i')).toBe(`${slurmJobId}\n`);
    } finally {
      project.remove();
    }
  });

  test('an engine that dies before sbatch hands over again; a submission that comes late does not run', async () => {
    // The question of the dead engine arrives when the next one has already asked again.
    const late = '[ "$1" = --version ] && { real "$@"; exit; }\n[ -e "$here/died" ] && { real "$@"; exit; }\n: >"$here/died"; cat >"$here/script"; kill -s KILL $PPID\nwhile [ ! -e "$here/go" ]; do sleep 0.1; done; real "$@" <"$here/script" >"$here/late"';
    const project = slurmProject(cluster, {instead: {sbatch: late}});
    const first = project.start(...run, '--only', 'import/S1-gex');
    try {
      expect(await first.ended).toBe('SIGKILL');
      const second = project.start(...run, '--only', 'import');
      await until('its end', () => existsSync(ofRun(project, 'jobs/import/S1-gex/attempt-1/complete.json')));
      writeFileSync(join(project.memory, 'go'), '');
      expect(await second.ended, second.stderr()).toBe(0);
      await until('the refusal of the late one', () => /^lymphline: job \d+ on \S+ does not run: \S+attempt-1 has its exit.json already$/m.test(readFileSync(ofRun(project, 'slurm.log'), 'utf8')));
    } finally {
      project.remove();
    }
  });

  test('an interruption takes back our own jobs, and no others', async () => {
    const project = slurmProject(cluster, {isHeld: true});
    const other = cluster.ask('sbatch', '--parsable', '--output=/dev/null', '--wrap=sleep 600').trim();
    try {
      const first = project.start(...part);
      await bothCount(project);
      first.child.kill('SIGINT');
      expect(await first.ended, first.stderr()).toBe(130);
      expect(inQueue()).toEqual([other]);
      expect(existsSync(ofRun(project, 'jobs/count/S1/attempt-1/submitted.json'))).toBe(false);
      project.write('steps/count/run.ts', readFileSync(join(project.folder, 'steps/count/run.ts'), 'utf8').replace('i < 6000', 'i < 0'));
      expect(project.cli(...part).status).toBe(0);
    } finally {
      cluster.ask('scancel', other);
      project.remove();
    }
  });

  test('a controller that is down is waited for, and said to be', async () => {
    const project = slurmProject(cluster, {isHeld: true});
    try {
      const first = project.start(...run);
      await bothCount(project);
      cluster.do('stop-ctld');
      // The jobs end, and the next one becomes ready, while nobody answers.
      project.release();
      for (const unit of ['S1', 'S2']) await until(`the end of ${unit}`, () => existsSync(ofRun(project, `jobs/count/${unit}/attempt-1/exit.json`)));
      await until('its words', () => first.stderr().includes('Slurm does not answer: '));
      cluster.do('start-ctld');
      expect(await first.ended, first.stderr()).toBe(0);
      expect(first.stderr()).toMatch(/Slurm answers again, after \d+ s\./);
      expect(project.starts()).toEqual(['S1', 'S2']);
      expect(total(project)).toBe(words);
    } finally {
      project.remove();
    }
  });

  test('run --submit: the engine is a batch job, hands over to a next one when its time is nearly up, and status tells of it from anywhere', async () => {
    const project = slurmProject(cluster, {isHeld: true, changed: {'slurm.yaml': slurmProfile.replace('{', '{engine: {memory_gb: 1, minutes: 30}, ')}});
    const status = (): string => project.cli('status', 'study/runs/words').stdout;
    try {
      const submitted = project.cli(...run, '--submit');
      expect(submitted.status, submitted.stderr).toBe(0);
      const first = submitted.stdout.trim();
      expect(project.scrub(submitted.stderr)).toBe(`The run is Slurm job ${first}; what it says goes to <project>/study/runs/words/engine-job.log.\n    lymphline status <project>/study/runs/words\n`);
      expect(status()).toMatch(/^words: (queued|running)/);
      const again = project.cli(...run, '--submit');
      expect(again.status).toBe(75);
      expect(again.stderr).toContain(`Slurm job ${first} (`);
      await bothCount(project);
      expect(status()).toMatch(new RegExp(`^words: running \\(process \\d+ on .*\\)\n {2}engine: Slurm job ${first}, RUNNING on `));
      // As Slurm does by --signal=B:USR2@…, whose clock has minutes.
      cluster.ask('scancel', '--batch', '--signal=USR2', first);
      const log = (): string => readFileSync(ofRun(project, 'engine-job.log'), 'utf8');
      await until('the next engine', () => log().includes(' the run goes on as Slurm job '));
      project.release();
      await until('the result', () => existsSync(ofRun(project, 'results/tables/total.tsv')));
      await until('an empty queue', () => inQueue().length === 0);
      const said = log();
      expect(said).toContain('words: 2 jobs run, 0 reused, 0 failed, 0 not started');
      expect(said).toMatch(/; handed over: the jobs in Slurm go on, and the next engine takes them over\n/);
      expect(said).toMatch(/This job ends: the run goes on as Slurm job \d+\.\n/);
      expect(project.starts()).toEqual(['S1', 'S2']);
      expect(total(project)).toBe(words);
      expect(status()).toMatch(/^words: finished\n/);
    } finally {
      project.remove();
    }
  });

  test('doctor sends its small job through Slurm', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lymphline-doctor-'));
    const site = join(folder, 'site.yaml');
    writeFileSync(site, 'launcher: slurm\nresources: {simulate: {memory_gb: 1}}\n');
    const doctor = (profile: string): {job: {ok: boolean; words: string}} =>
      JSON.parse(spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', join(projectRoot, 'pipeline/cli/main.ts'), 'doctor', '--profile', profile, '--json'], {cwd: folder, encoding: 'utf8', env: cluster.environment}).stdout) as {job: {ok: boolean; words: string}};
    try {
      expect(doctor(site).job).toMatchObject({ok: true, words: 'its output is there'});
      writeFileSync(site, 'launcher: slurm\nslurm: {account: nobody, partition: nowhere}\n');
      expect(doctor(site).job).toMatchObject({ok: false, words: expect.stringMatching(/^sbatch: invalid partition specified: nowhere/) as string});
      expect(readdirSync(folder)).toEqual(['site.yaml']);
    } finally {
      rmSync(folder, {recursive: true, force: true});
    }
  });
});
