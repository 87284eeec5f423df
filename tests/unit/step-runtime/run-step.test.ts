// A real process for each case: the exit code and problem.json are the contract.
import {spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';

const runtime = resolve(import.meta.dirname, '../../../pipeline/step-runtime/run-step.ts');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-step-'));
});
afterEach(() => {
  rmSync(folder, {recursive: true});
});

function run(body: string): {status: number | null; stderr: string} {
  writeFileSync(join(folder, 'step.ts'), `import {runStep, refuse} from ${JSON.stringify(runtime)};\nimport {writeFileSync} from 'node:fs';\nawait runStep(async (job) => {${body}});\n`);
  const job = {job: 'qc/S1', step: 'qc', unit: {kind: 'sample', id: 'S1'}, inputs: {cells: [{unit: '', path: '/a'}], none: []}, params: {mad: null}, config: {}, design: {rows: []}, seed: 1, outputs: {table: join(folder, 'table.tsv')}, limits: {cpus: 1, memory_gb: 1, minutes: 1}, version: '0'};
  writeFileSync(join(folder, 'job.json'), JSON.stringify(job));
  return spawnSync(process.execPath, [join(folder, 'step.ts'), join(folder, 'job.json')], {encoding: 'utf8', timeout: 120_000});
}

test('a step that writes its outputs ends with 0', () => {
  expect(run("writeFileSync(job.output('table'), job.input('cells') + job.param('mad') + job.optionalInput('none'));").status).toBe(0);
  expect(readFileSync(join(folder, 'table.tsv'), 'utf8')).toBe('/anullundefined');
});

test('a refusal of the input is problem.json and exit 65', () => {
  const problem = {input: 'cells', line: 3, found: 'a date', expected: 'a number', advice: 'Write days.'};
  expect(run(`refuse(${JSON.stringify(problem)});`)).toMatchObject({status: 65, stderr: 'cells: a date\n'});
  expect(JSON.parse(readFileSync(join(folder, 'problem.json'), 'utf8'))).toEqual(problem);
});

test('a step that forgets an output, or asks for an unknown parameter, fails and is no refusal', () => {
  const forgot = run('void job;');
  expect(forgot.status).toBe(70);
  expect(forgot.stderr).toContain('the step ended without writing table');
  expect(run("job.param('madd');").stderr).toContain('step qc has no parameter "madd"');
  expect(existsSync(join(folder, 'problem.json'))).toBe(false);
});
