// Rows of the fault matrix where a process goes on, or is ended, behind Slurm's back: a node that is cut off works on, and memory is watched by Slurm alone.
import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, expect, test} from 'vitest';
import {readSubmission} from '../../../pipeline/executors/slurm/submission-record.ts';
import {describeWithSlurm} from '../../rig/slurm.ts';
import {slurmEngine, verdictOf} from '../../rig/slurm-jobs.ts';
import {until} from '../../rig/until.ts';
import {ofRun, slurmProject, words} from '../../rig/slurm-project.ts';

const root = mkdtempSync(join(tmpdir(), 'lymphline-slurm-'));
const settings = join(root, 'more.conf');
writeFileSync(settings, 'JobAcctGatherParams=OverMemoryKill\n');
afterAll(() => rmSync(root, {recursive: true, force: true}));

describeWithSlurm('a node that is cut off', {nodes: 3}, (cluster) => {
  test('what runs on there is neither waited for nor believed: the next attempt has a folder of its own', async () => {
    const project = slurmProject(cluster, {seconds: 1, changed: {'slurm.yaml': 'launcher: slurm\nengine: none\nretries: 1\nslurm: {grace_seconds: 3, extra: [--exclusive]}\n'}});
    const step = 'steps/count/run.ts';
    project.write(step, readFileSync(join(project.folder, step), 'utf8')
      .replace(/await new Promise.*/, `const isFirst = job.output('counts').includes('S1/attempt-1');\n  while (isFirst && !(await import('node:fs')).existsSync('${project.memory}/go')) await new Promise((done) => setTimeout(done, 100));`)
      .replace('const n =', 'const n = isFirst ? 99 :'));
    const first = (name: string): string => ofRun(project, `jobs/count/S1/attempt-1/${name}`);
    try {
      const run = project.start('run', 'study/run.yaml', '--profile', 'slurm.yaml');
      await until('the first attempt', () => project.starts().includes('S1'));
      const {jobId = '', task} = readSubmission(first('submitted.json')) ?? {};
      cluster.do('kill-node', cluster.ask('squeue', '--noheader', '--array', '--jobs', task === undefined ? jobId : `${jobId}_${task}`, '--format=%N').trim());
      expect(await run.ended, run.stderr()).toBe(0);
      expect(run.stderr()).toContain('count/S1 was lost with its node ');
      expect(project.starts()).toEqual(['S1', 'S1', 'S2']);
      const total = (): string => readFileSync(ofRun(project, 'results/tables/total.tsv'), 'utf8');
      expect(total()).toBe(words);
      expect(existsSync(first('outputs/counts.tsv'))).toBe(false);
      writeFileSync(join(project.memory, 'go'), '');
      await until('the end of what went on', () => existsSync(first('exit.json')));
      expect(readFileSync(first('outputs/counts.tsv'), 'utf8')).toContain('S1\t99\n');
      expect(JSON.parse(readFileSync(first('exit.json'), 'utf8'))).toMatchObject({exitCode: 0});
      const again = await project.ask('run', 'study/run.yaml', '--profile', 'slurm.yaml');
      expect(again.stderr).toContain('0 jobs run, 5 reused');
      expect(total()).toBe(words);
    } finally {
      project.remove();
    }
  });
});

describeWithSlurm('memory that only Slurm watches (OverMemoryKill)', {nodes: 1, limits: false, settings}, (cluster) => {
  test('a job that holds too much is killed, which is tried again with more', async () => {
    const script = "exec python3 -c 'import time; x = bytearray(400 * 1024 * 1024); time.sleep(60)'";
    expect(verdictOf(await slurmEngine(cluster, join(root, 'memory')).start('long/x', {script}).end)).toBe('SIGKILL');
  });
});
