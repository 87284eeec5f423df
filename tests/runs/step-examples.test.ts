// Every step's example is run through its own process; its text outputs are compared byte for byte (after gunzip).
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {gunzipSync} from 'node:zlib';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {parse} from 'yaml';
import {chosenVariant, outputFileName} from '../../pipeline/model/step-contract.ts';
import {readContract, runStepFolder, type StepRequest} from '../rig/run-step.ts';
import {skipsWithout} from '../rig/tools.ts';

const steps = resolve(import.meta.dirname, '../../steps');
const names = readdirSync(steps).filter((name) => existsSync(join(steps, name, 'step.yaml'))).sort();
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-example-'));
});
afterEach(() => {
  rmSync(folder, {recursive: true});
});

test('every step has an example', () => {
  expect(names.filter((name) => !existsSync(join(steps, name, 'example', 'example.yaml')))).toEqual([]);
});

describe.each(names)('%s', (name) => {
  const example = join(steps, name, 'example');
  const request = parse(readFileSync(join(example, 'example.yaml'), 'utf8')) as StepRequest;
  const general = readContract(name);
  const contract = chosenVariant(general, {...mapValues(general.params, (param) => param.default), ...request.params});

  test.skipIf(skipsWithout(contract))('gives what its example says', () => {
    const absolute = Object.fromEntries(Object.entries(request.inputs ?? {}).map(([input, given]) => [
      input,
      typeof given === 'string' ? resolve(example, given) : given.map((file) => ({...file, path: resolve(example, file.path)})),
    ]));
    const run = runStepFolder(name, folder, {...request, inputs: absolute});
    expect(run).toMatchObject({status: 0, problem: undefined});
    for (const file of readdirSync(join(example, 'expected'), {recursive: true, encoding: 'utf8'})) {
      if (statSync(join(example, 'expected', file)).isDirectory()) continue;
      // Of an output that is a folder, the files that the example names.
      const [own, ...inside] = file.split('/');
      const output = Object.entries(contract.outputs).find(([key, value]) => outputFileName(key, value) === own)?.[0] ?? '';
      expect(text(join(run.outputs[output], ...inside)), file).toBe(text(join(example, 'expected', file)));
    }
  });
});

function text(path: string): string {
  const bytes = readFileSync(path);
  return (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('utf8');
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
