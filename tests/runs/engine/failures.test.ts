// Every reason for which a job has no result, provoked through the real command line, with the whole message.
import {existsSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, expect, test} from 'vitest';
import {stepCode, type TempProject} from '../../rig/temp-project.ts';
import {files, wordCountProject} from '../../rig/word-count-project.ts';

let project: TempProject;
afterEach(() => project.remove());

/** Fails count/S1 only: S2 stands, total is not started. */
const breakS1 = (body: string): string => stepCode(`  if (job.unit.id === 'S1') {\n${body}\n  }\n  writeFileSync(job.output('counts'), 'sample_id\\tn_words\\nS2\\t2\\n');`);

function runBroken(body: string, changed: Readonly<Record<string, string>> = {}): string {
  project = wordCountProject({'steps/count/run.ts': breakS1(body), ...changed});
  const run = project.cli('run', 'study/run.yaml', '--cores', '1');
  expect(run.status).toBe(1);
  return messageOf(project.scrub(run.stderr), 'count/S1');
}

/** The lines from the one that names the job's trouble to the last indented one. */
function messageOf(stderr: string, job: string): string {
  const lines = stderr.split('\n');
  const from = lines.findIndex((line) => line.startsWith(job) && !/ started| done/.test(line));
  const to = lines.findIndex((line, i) => i > from && !line.startsWith('    '));
  return lines.slice(from, to).join('\n');
}

const log = '    log: <project>/study/runs/words/jobs/count/S1/attempt-1/log.txt';

test('step-refused: the step does not accept its input', () => {
  expect(runBroken("    refuse({input: 'text', line: 2, found: 'no words', expected: 'at least one', advice: 'Write some.'});")).toBe(
    `count/S1 refused its input text:2: found no words; expected at least one.\n    Write some.\n${log}`,
  );
});

test('a quiet run says what went wrong, and nothing else', () => {
  project = wordCountProject({'steps/count/run.ts': files['steps/count/run.ts'].replace('  const [, text]', "  if (job.unit.id === 'S1') refuse({input: 'text', line: 2, found: 'no words', expected: 'at least one', advice: 'Write some.'});\n  const [, text]")});
  const done = project.cli('run', 'study/run.yaml', '--quiet');
  expect(done.status).toBe(1);
  expect(project.scrub(done.stderr)).toBe(`count/S1 refused its input text:2: found no words; expected at least one.\n    Write some.\n${log}\n1 failed, 1 not started. First: count/S1 (step-refused). Results that do not depend on a failed job are in study/runs/words/results.\n`);
});

test('step-failed: the program ends with an error', () => {
  const message = runBroken("    throw new Error('the disk is on fire');");
  expect(message.split('\n')[0]).toBe('count/S1 failed with exit code 70 (attempt 1). Its last lines:');
  expect(message).toContain('    | Error: the disk is on fire\n');
  expect(message.split('\n').at(-1)).toBe(log);
});

test('step-killed: the usual cause is named', () => {
  expect(runBroken("    process.kill(process.pid, 'SIGKILL');\n    await new Promise(() => setInterval(() => {}, 1000));")).toBe(
    `count/S1 was killed by SIGKILL (attempt 1); the usual cause is memory: it was planned with 1 GB.\n${log}\n    Raise resources.count.memory_gb in the profile, or run fewer jobs at once with --cores.`,
  );
});

test('step-timed-out: it ran longer than its minutes', () => {
  expect(runBroken('    await new Promise(() => setInterval(() => {}, 1000));', {'steps/count/step.yaml': files['steps/count/step.yaml'].replace('minutes: 1', 'minutes: 0.02')})).toBe(
    `count/S1 was stopped after its 0.02 minutes (attempt 1).\n${log}\n    Raise resources.count.minutes in the profile.`,
  );
});

test('command-not-started: the program is not there', () => {
  expect(runBroken('', {'steps/count/step.yaml': files['steps/count/step.yaml'].replace('command: [node, run.ts]', 'command: [no-such-program]')})).toBe(
    `count/S1 could not start no-such-program (ENOENT).\n    Install the program, or put it on PATH.\n${log}`,
  );
});

test('output-missing: it ended well without an output', () => {
  project = wordCountProject({'steps/count/step.yaml': files['steps/count/step.yaml'].replace('[node, run.ts]', '[sh, run.sh]'), 'steps/count/run.sh': 'true\n'});
  const run = project.cli('run', 'study/run.yaml', '--cores', '1');
  expect(messageOf(project.scrub(run.stderr), 'count/S1')).toBe(
    `count/S1 ended well but did not write its output "counts" (attempt 1).\n    expected: <project>/study/runs/words/jobs/count/S1/attempt-1/outputs/counts.tsv\n${log}`,
  );
});

test('output-invalid: the columns are not those declared', () => {
  expect(runBroken("    writeFileSync(job.output('counts'), 'sample_id\\tn\\n'); process.exit(0);")).toBe(
    `count/S1 wrote an output "counts" that does not fit its contract: found column 2 "n"; expected "n_words".\n    file: <project>/study/runs/words/jobs/count/S1/attempt-1/outputs/counts.tsv\n${log}`,
  );
});

test('input-unreadable: an input went away after it was validated', () => {
  project = wordCountProject({'steps/import/run.ts': stepCode("  if (existsSync(job.input('text').replace('s1', 's2'))) (await import('node:fs')).rmSync(job.input('text').replace('s1', 's2'), {force: true});\n  writeFileSync(job.output('text'), 'text\\na\\n');")});
  const run = project.cli('run', 'study/run.yaml', '--cores', '1');
  expect(run.status).toBe(1);
  expect(messageOf(project.scrub(run.stderr), 'import/S2-gex')).toBe(
    'import/S2-gex cannot read its input text: <project>/study/s2.txt (ENOENT).\n    Check that the file is there and may be read, then run again.',
  );
});

test('write-failed: the run directory cannot be written', () => {
  project = wordCountProject();
  expect(project.cli('run', 'study/run.yaml', '--until', 'import').status).toBe(0);
  // Root may write everywhere: a file where a folder has to be stops it too.
  rmSync(join(project.folder, 'study/runs/words/jobs/count'), {recursive: true, force: true});
  writeFileSync(join(project.folder, 'study/runs/words/jobs/count'), '');
  const run = project.cli('run', 'study/run.yaml', '--cores', '1');
  expect(run.status).toBe(1);
  expect(messageOf(project.scrub(run.stderr), 'count/S1')).toBe(
    'count/S1 could not write <project>/study/runs/words/jobs/count/S1/attempt-1/outputs (ENOTDIR).\n    Check that the folder may be written, then run again: finished jobs are kept.',
  );
});

test('a failed job stops only what depends on it, and the next run goes on from there', () => {
  runBroken("    throw new Error('once');");
  const status = project.cli('status', 'study/runs/words');
  expect(status.status).toBe(0);
  expect(status.stdout).toContain('words: failed\n      3 complete\n      1 failed\n      1 waiting\n');
  project.write('steps/count/run.ts', files['steps/count/run.ts']);
  const run = project.cli('run', 'study/run.yaml');
  expect(run.stderr).toContain('count/S1 started (attempt 2): its last attempt failed (step-failed).');
  expect(run.status).toBe(0);
  expect(project.cli('status', 'study/runs/words').stdout).toBe('words: finished\n      5 complete\n');
});

test('status names the command that goes on, with the profile, the settings and the folder of the run', () => {
  project = wordCountProject({'site profile.yaml': 'launcher: local\nengine: none\nscratch: scratch\n', 'steps/count/run.ts': breakS1("    throw new Error('once');")});
  expect(project.cli('run', 'study/run.yaml', '--profile', 'site profile.yaml', '--set', 'steps.count.factor=2', '--run-dir', 'study/runs/twice').status).toBe(1);
  const {stdout} = project.cli('status', 'study/runs/twice');
  expect(project.scrub(stdout)).toContain("\nTo go on: lymphline run <project>/study/run.yaml --run-dir <project>/study/runs/twice --profile '<project>/site profile.yaml' --set steps.count.factor=2\n");
  project.write('steps/count/run.ts', files['steps/count/run.ts']);
  const words = [.../^To go on: lymphline (.*)$/m.exec(stdout)?.[1].matchAll(/'([^']*)'|\S+/g) ?? []].map(([word, quoted]) => quoted ?? word);
  expect(project.cli(...words).stderr).toContain('words: 3 jobs run, 2 reused, 0 failed, 0 not started');
  expect(readFileSync(join(project.folder, 'study/runs/twice/results/tables/total.tsv'), 'utf8')).toBe('sample_id\tn_words\nS1\t6\nS2\t4\n');
  expect(project.cli('status', 'study/runs/twice').stdout).toBe('words: finished\n      5 complete\n');
  expect(project.cli('run', 'study/run.yaml').status).toBe(0);
  project.write('steps/count/run.ts', breakS1("    throw new Error('once');"));
  expect(project.cli('run', 'study/run.yaml').status).toBe(1);
  expect(project.scrub(project.cli('status', 'study/runs/words').stdout)).toContain('\nTo go on: lymphline run <project>/study/run.yaml\n');
});

test('status speaks of the part of the plan that was asked for, and its command asks for the same', () => {
  project = wordCountProject({'steps/count/run.ts': breakS1("    throw new Error('once');")});
  const part = ['run', 'study/run.yaml', '--only', 'count/S1', '--until', 'count'];
  expect(project.cli(...part).status).toBe(1);
  const status = (): string => project.scrub(project.cli('status', 'study/runs/words').stdout);
  expect(status()).toMatch(/^words: failed\n {2}part of the plan: --only count\/S1 --until count\n {6}3 complete\n {6}1 failed\n/);
  const [, command = ''] = /^To go on: lymphline (.*)$/m.exec(status()) ?? [];
  expect(command).toBe('run <project>/study/run.yaml --only count/S1 --until count');
  project.write('steps/count/run.ts', files['steps/count/run.ts']);
  expect(project.cli(...command.replace('<project>', project.folder).split(' ')).status).toBe(0);
  expect(status()).toBe('words: finished\n  part of the plan: --only count/S1 --until count\n      4 complete\nFor the rest: lymphline run <project>/study/run.yaml\n');
  expect(JSON.parse(project.cli('status', 'study/runs/words', '--json').stdout)).toMatchObject({selection: {only: 'count/S1', until: 'count'}});
  expect(project.cli('run', 'study/run.yaml').status).toBe(0);
  expect(status()).toBe('words: finished\n      5 complete\n');
});

test('a killed job is tried again as often as the profile says, with more memory up to its cap; status and why tell the attempts', () => {
  const twice = "    if (!job.outputs['counts'].includes('attempt-3')) process.kill(process.pid, 'SIGKILL');\n    await new Promise((done) => setTimeout(done, 50));";
  project = wordCountProject({'steps/count/run.ts': breakS1(twice), 'retry.yaml': 'launcher: local\nengine: none\nretries: 2\nmax: {memory_gb: 3}\n'});
  const run = project.cli('run', 'study/run.yaml', '--profile', 'retry.yaml', '--memory', '64');
  expect(run.stderr).toContain('\n    It is tried again with 2 GB and 1 minutes.\n');
  expect(run.stderr).toContain('\n    It is tried again with 3 GB and 1 minutes.\n');
  expect(run.status).toBe(0);
  const attempts = 'attempt 1 with 1 GB and 1 minutes failed (step-killed); attempt 2 with 2 GB and 1 minutes failed (step-killed); attempt 3 with 3 GB and 1 minutes is complete';
  expect(project.cli('status', 'study/runs/words').stdout).toBe(`words: finished\n      5 complete\ncount/S1: ${attempts}\n`);
  expect(project.cli('why', 'study/runs/words', 'count/S1').stdout).toContain(`Attempts: ${attempts}.\n`);
  expect(JSON.parse(readFileSync(join(project.folder, 'study/runs/words/jobs/count/S1/attempt-3/complete.json'), 'utf8'))).toMatchObject({limits: {cpus: 1, memory_gb: 3, minutes: 1}});
  expect(project.cli('run', 'study/run.yaml').stderr).toContain('0 jobs run, 5 reused');
});

test('the next run begins with what was too little in the last one, raised up to the cap; plan and why say so', () => {
  const needs = (more: string): string => breakS1(`    if ((JSON.parse(readFileSync(process.argv.at(-1) ?? '', 'utf8')) as {limits: {memory_gb: number}}).limits.memory_gb < 3) process.kill(process.pid, 'SIGKILL');\n    await new Promise((done) => setTimeout(done, 50));${more}`);
  project = wordCountProject({'steps/count/run.ts': needs(''), 'more.yaml': 'launcher: local\nengine: none\nmax: {memory_gb: 3}\n'});
  const run = ['run', 'study/run.yaml', '--profile', 'more.yaml', '--memory', '64'];
  const given = (attempt: number): number => (JSON.parse(readFileSync(join(project.folder, `study/runs/words/jobs/count/S1/attempt-${attempt}/job.json`), 'utf8')) as {limits: {memory_gb: number}}).limits.memory_gb;
  expect(project.cli(...run).status).toBe(1);
  const plan = project.cli('plan', ...run.slice(1)).stdout;
  expect(plan).toMatch(/^count\/S1 +run +its last attempt failed \(step-killed\)\. it is given 2 GB: attempt 1 was killed with 1\.$/m);
  expect(plan).toContain(' 2 GB for the largest job, ');
  expect(project.cli(...run).stderr).toContain('count/S1 started (attempt 2): its last attempt failed (step-killed). it is given 2 GB: attempt 1 was killed with 1.\n');
  expect(project.cli('why', 'study/runs/words', 'count/S1', '--profile', 'more.yaml').stdout).toContain('Now: it would run: its last attempt failed (step-killed). it is given 3 GB: attempt 2 was killed with 2.\n');
  expect(project.cli(...run).status).toBe(0);
  // Where it runs again for another reason, it has enough at once.
  project.write('steps/count/run.ts', needs('\n'));
  expect(project.cli(...run).status).toBe(0);
  expect([1, 2, 3, 4].map(given)).toEqual([1, 2, 3, 3]);
  expect(project.cli(...run).stderr).toContain('0 jobs run, 5 reused');
});

test('a job that ran out of time is given half as much again; what a step refuses is not tried again', () => {
  // Its first attempt never ends. On a busy machine more of them may be too short: the last of 7 has 14 s.
  const slow = "    if (job.outputs['counts'].includes('attempt-1')) await new Promise((done) => setTimeout(done, 600_000));";
  const retry = 'launcher: local\nengine: none\nretries: 6\n';
  project = wordCountProject({'steps/count/run.ts': breakS1(slow), 'short.yaml': `${retry}resources: {count: {minutes: 0.02}}\n`, 'retry.yaml': retry});
  const run = project.cli('run', 'study/run.yaml', '--profile', 'short.yaml', '--cores', '1');
  expect(run.stderr).toContain('count/S1 was stopped after its 0.02 minutes (attempt 1)');
  expect(run.status).toBe(0);
  const {limits} = JSON.parse(readFileSync(join(project.folder, 'study/runs/words/jobs/count/S1/attempt-2/job.json'), 'utf8')) as {limits: {minutes: number}};
  expect(limits.minutes).toBeCloseTo(0.03, 10);
  project.write('steps/count/run.ts', breakS1("    refuse({input: 'text', found: 'a', expected: 'b', advice: 'c'});"));
  const refused = project.cli('run', 'study/run.yaml', '--profile', 'retry.yaml', '--cores', '1');
  expect(refused.status).toBe(1);
  expect(refused.stderr).not.toContain('tried again');
});

test('logs and verify speak of what is there', () => {
  project = wordCountProject({'steps/count/run.ts': files['steps/count/run.ts'].replace('const n =', "process.stdout.write('counting\\n');\n  const n =")});
  expect(project.cli('run', 'study/run.yaml').status).toBe(0);
  expect(project.cli('logs', 'study/runs/words', 'count/S1').stdout).toBe('counting\n');
  expect(project.cli('logs', 'study/runs/words', 'count/S1', '--command').stdout).toMatch(/count\/run\.ts .*attempt-1\/job\.json\n$/);
  expect(project.cli('verify', 'study/runs/words').stdout).toMatch(/^1 files are as the manifest says\. sha256 of the manifest: [0-9a-f]{64}\n$/);
  const result = join(project.folder, 'study/runs/words/results/tables/total.tsv');
  writeFileSync(result, readFileSync(result, 'utf8').replace('3', '4'));
  expect(project.cli('verify', 'words.zip').stderr).toBe('words.zip does not exist. Name a run directory (runs/<name> beside the run file) or a bundle.\nusage: lymphline verify RUN|BUNDLE [--digest SHA256] [--json]\n');
  expect(project.cli('verify', 'words.zip', '--digset', 'x').stderr).toContain('There is no option "--digset". Did you mean "--digest"?\n');
  const verify = project.cli('verify', 'study/runs/words');
  expect(verify).toMatchObject({status: 1, stdout: 'differs: tables/total.tsv\n1 of 1 files differ, are missing or extra.\n'});
});

test('unknown commands, options, jobs and folders are usage errors with the closest name', () => {
  project = wordCountProject();
  expect(project.cli('rnu', 'study/run.yaml')).toMatchObject({status: 2, stderr: expect.stringContaining('Did you mean "run"?') as string});
  expect(project.cli('run', '--crores', '2', 'study/run.yaml')).toMatchObject({status: 2, stderr: expect.stringContaining('There is no option "--crores". Did you mean "--cores"?\n') as string});
  expect(project.cli('status', 'nowhere')).toMatchObject({status: 2, stderr: expect.stringContaining('nowhere is no run directory') as string});
  expect(project.cli('run', 'study/run.yaml', '--until', 'coutn')).toMatchObject({status: 2, stderr: expect.stringContaining('Did you mean "count"?') as string});
  expect(existsSync(join(project.folder, 'study/runs'))).toBe(false);
});
