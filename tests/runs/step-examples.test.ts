// Every step's example is run through its own process; its text outputs are compared byte for byte (after gunzip).
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {delimiter, join, resolve} from 'node:path';
import {gunzipSync} from 'node:zlib';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {parse} from 'yaml';
import {chosenVariant, outputFileName, type StepContract} from '../../pipeline/model/step-contract.ts';
import {readContract, runStepFolder, type StepRequest} from '../rig/run-step.ts';
import {findStepContainer, runStepInContainer, type StepContainer} from '../rig/step-container.ts';
import {absentTools} from '../rig/tools.ts';

const steps = resolve(import.meta.dirname, '../../steps');
const names = readdirSync(steps).filter((name) => existsSync(join(steps, name, 'step.yaml'))).sort();
const withExample = names.filter((name) => existsSync(join(steps, name, 'example/example.yaml')));
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lymphline-example-'));
});
afterEach(() => {
  rmSync(folder, {recursive: true});
});

test('every step has an example', () => {
  expect(names.filter((name) => !withExample.includes(name))).toEqual([]);
});

/** The step's programs are on PATH (or stood in for by the example's own), else in its image. */
const places = new Map<string, 'host' | StepContainer | {readonly reason: string}>();
for (const name of withExample) {
  const {contract, request} = readExample(name);
  places.set(name, request.programs !== undefined || absentTools(contract.tools).length === 0 ? 'host' : await findStepContainer(contract.container));
}

describe.each(withExample)('%s', (name) => {
  const example = join(steps, name, 'example');
  const {contract, request} = readExample(name);
  const place = places.get(name)!;
  const reason = typeof place === 'object' && 'reason' in place ? place.reason : '';
  if (reason !== '') console.log(`The example of ${name} is skipped: its programs are not on PATH, and ${reason}.`);

  // With CI=true what is not there is a failure: the step then runs on PATH and says what it misses.
  test.skipIf(reason !== '' && process.env['CI'] !== 'true')('gives what its example says', async () => {
    const inputs = Object.fromEntries(Object.entries(request.inputs ?? {}).map(([input, given]) => [
      input,
      typeof given === 'string' ? resolve(example, given) : given.map((file) => ({...file, path: resolve(example, file.path)})),
    ]));
    const environment: Record<string, string> = request.programs === undefined ? {} : {PATH: `${join(example, request.programs)}${delimiter}${process.env['PATH'] ?? ''}`};
    const run = typeof place === 'object' && 'engine' in place ? await runStepInContainer(place, name, folder, {...request, inputs}) : runStepFolder(name, folder, {...request, inputs, environment});
    expect(run, run.stderr).toMatchObject({status: 0, problem: undefined});
    for (const file of readdirSync(join(example, 'expected'), {recursive: true, encoding: 'utf8'})) {
      if (statSync(join(example, 'expected', file)).isDirectory()) continue;
      // Of an output that is a folder, the files that the example names.
      const [own, ...inside] = file.split('/');
      const output = Object.entries(contract.outputs).find(([key, value]) => outputFileName(key, value) === own)?.[0] ?? '';
      expect(text(join(run.outputs[output], ...inside)), file).toBe(text(join(example, 'expected', file)));
    }
  });
});

interface Example {
  readonly contract: StepContract;
  /** `programs`: a folder of the example that is put first on PATH, where no package brings the real ones. */
  readonly request: StepRequest & {readonly programs?: string};
}

function readExample(name: string): Example {
  const request = parse(readFileSync(join(steps, name, 'example/example.yaml'), 'utf8')) as Example['request'];
  const general = readContract(name);
  return {request, contract: chosenVariant(general, {...mapValues(general.params, (param) => param.default), ...request.params})};
}

function text(path: string): string {
  const bytes = readFileSync(path);
  return (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('utf8');
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
