// Runs whose steps are in containers of real engines.
import {spawnSync} from 'node:child_process';
import {mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, expect, test} from 'vitest';
import {containedProject} from '../../rig/contained-project.ts';
import {describeWithEngine, type EngineOnHand} from '../../rig/engines.ts';
import type {TempProject} from '../../rig/temp-project.ts';

let project: TempProject | undefined;
afterEach(() => {
  project?.remove();
  project = undefined;
});

describeWithEngine('docker', runsLikeTheMachine);
describeWithEngine('podman', runsLikeTheMachine);
describeWithEngine('apptainer', runsLikeTheMachine, 'sif');
describeWithEngine('charliecloud', runsLikeTheMachine);

function runsLikeTheMachine(on: EngineOnHand): void {
  test('a run ends with the bytes of one without containers, and says which image it used', () => {
    project = containedProject(on);
    const contained = project.cli('run', 'study/run.yaml', '--profile', 'contained.yaml', '--cores', '2');
    expect(contained.stderr).toMatch(/words: 5 jobs run, 0 reused, 0 failed, 0 not started/);
    expect(contained.status).toBe(0);
    expect(readFileSync(join(project.folder, 'study/runs/words/results/tables/total.tsv'), 'utf8')).toBe('sample_id\tn_words\nS1\t3\nS2\t2\n');
    const {images} = JSON.parse(readFileSync(join(project.folder, 'study/runs/words/run.json'), 'utf8')) as {images: Record<string, {id: string}>};
    expect(images['lymphline'].id).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  test('temporary files of the caller may lie below /tmp, of which a job sees nothing', () => {
    const temporary = mkdtempSync('/tmp/lymphline-tmpdir-');
    try {
      project = containedProject({...on, environment: {...on.environment, TMPDIR: temporary}});
      const {status, stderr} = project.cli('run', 'study/run.yaml', '--profile', 'contained.yaml', '--only', 'import/S1-gex');
      expect(status, stderr).toBe(0);
      expect(readdirSync(temporary)).toEqual([]);
    } finally {
      rmSync(temporary, {recursive: true, force: true});
    }
  });

  test('`logs --command` prints the line that runs the job again by hand', () => {
    project = containedProject(on);
    expect(project.cli('run', 'study/run.yaml', '--profile', 'contained.yaml', '--until', 'import').status).toBe(0);
    const {stdout} = project.cli('logs', 'study/runs/words', 'import/S1-gex', '--command');
    const output = join(project.folder, 'study/runs/words/jobs/import/S1-gex/attempt-1/outputs/text.tsv');
    const before = readFileSync(output, 'utf8');
    rmSync(output);
    expect(stdout).toMatch(new RegExp(`\\s${on.engine.program ?? ''} `));
    const byHand = spawnSync('sh', ['-c', stdout], {encoding: 'utf8', env: on.environment, cwd: '/'});
    expect(byHand).toMatchObject({status: 0, stderr: ''});
    expect(readFileSync(output, 'utf8')).toBe(before);
  });
}
