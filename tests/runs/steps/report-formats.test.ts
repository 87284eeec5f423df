// Pictures in every format that a run file may ask for, by the step itself: the same bytes from two processes at two times.
import {mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {parse} from 'yaml';
import {projectRoot} from '../../rig/cli.ts';
import {runStepFolder, type StepRequest} from '../../rig/run-step.ts';

test('formats: [svg, pdf, png] writes each figure three times, with equal bytes whenever it is made', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lymphline-formats-'));
  const example = join(projectRoot, 'steps/report/example');
  const request = parse(readFileSync(join(example, 'example.yaml'), 'utf8')) as StepRequest;
  const inputs = Object.fromEntries(Object.entries(request.inputs ?? {}).map(([name, path]) => [name, join(example, path as string)]));
  const pictures = (name: string): Map<string, Buffer> => {
    const run = runStepFolder('report', join(folder, name), {...request, inputs, params: {formats: ['svg', 'pdf', 'png']}});
    expect(run).toMatchObject({status: 0, problem: undefined});
    return new Map(readdirSync(run.outputs['figures']).sort().map((file) => [file, readFileSync(join(run.outputs['figures'], file))]));
  };
  try {
    const [first, second] = [pictures('first'), pictures('second')];
    expect([...first.keys()].filter((file) => file.startsWith('endpoints.'))).toEqual(['endpoints.json', 'endpoints.pdf', 'endpoints.png', 'endpoints.svg', 'endpoints.tsv']);
    expect([...second.keys()]).toEqual([...first.keys()]);
    expect([...first].filter(([file, bytes]) => !bytes.equals(second.get(file)!)).map(([file]) => file)).toEqual([]);
    // The font is in the file, not asked of the machine.
    expect(first.get('endpoints.svg')!.toString()).toContain("@font-face{font-family:'Figure Sans';font-weight:400;src:url(data:font/woff2;base64,");
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
});
