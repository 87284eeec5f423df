import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {readStepContracts} from '../../../pipeline/config/read-step-contracts.ts';
import {failureText} from '../../../pipeline/console/failure-text.ts';

const rest = 'summary: A step.\nper: sample\ninputs: {}\noutputs: {x: {format: tsv}}\ndesign: keys\nresources: {cpus: 1, memory_gb: 1, minutes: 1}\ncontainer: lymphline\ncommand: [node, run.ts]\ndeterminism: exact\n';

test('every problem of every contract is told at its place', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lymphline-steps-'));
  const contracts = {
    a: `name: b\nparams:\n  cut: {type: integer, default: x, summary: A., used_when: {mod: on}}\n  mode: {type: string, default: on, enum: [on, off], summary: B., only_with: {offf: {cut: 1}, off: {cutt: 1}}}\nconfig: [label]\n${rest}`,
    b: `name: b\nparams:\n  mode: {type: string, default: on, enum: [on, off], summary: B., needs_key: {offf: car, on: carr}}\n${rest}`,
    c: `name: c\nparams: {}\n${rest.replace('per: sample', 'per: samples').replace('cpus: 1, ', '')}`,
  };
  for (const [name, text] of Object.entries(contracts)) {
    mkdirSync(join(folder, 'steps', name), {recursive: true});
    writeFileSync(join(folder, 'steps', name, 'step.yaml'), text);
  }
  const read = await readStepContracts(folder);
  rmSync(folder, {recursive: true});
  expect((read.ok ? [] : read.error).map((failure) => failureText(failure).replaceAll(`${folder}/`, ''))).toEqual([
    'steps/a/step.yaml:1:7 the step is called "b", expected "a", as its folder.\n     1 | name: b\n               ~',
    'steps/a/step.yaml:3:33 the default of cut is "x", expected a whole number.\n     3 |   cut: {type: integer, default: x, summary: A., used_when: {mod: on}}\n                                         ~',
    'steps/a/step.yaml:3:66 a has no parameter "mod". Did you mean "mode"?\n     3 |   cut: {type: integer, default: x, summary: A., used_when: {mod: on}}\n                                                                          ~~',
    'steps/a/step.yaml:4:85 mode has no value "offf", expected on | off. Did you mean "off"?\n     4 |   mode: {type: string, default: on, enum: [on, off], summary: B., only_with: {offf: {cut: 1}, off: {cutt: 1}}}\n                                                                                             ~~~~~~~~',
    'steps/a/step.yaml:4:107 b has no parameter "cutt". Did you mean "cut"?\n     4 |   mode: {type: string, default: on, enum: [on, off], summary: B., only_with: {offf: {cut: 1}, off: {cutt: 1}}}\n                                                                                                                   ~',
    'steps/a/step.yaml:5:10 a run file has no key "label". Did you mean "labels"?\n     5 | config: [label]\n                  ~~~~~',
    'steps/b/step.yaml:3:85 mode has no value "offf", expected on | off. Did you mean "off"?\n     3 |   mode: {type: string, default: on, enum: [on, off], summary: B., needs_key: {offf: car, on: carr}}\n                                                                                             ~~~',
    'steps/b/step.yaml:3:94 a run file has no key "carr". Did you mean "car"?\n     3 |   mode: {type: string, default: on, enum: [on, off], summary: B., needs_key: {offf: car, on: carr}}\n                                                                                                      ~~~~',
    'steps/c/step.yaml:4:6 per is "samples", expected library | sample | patient | cohort.\n     4 | per: samples\n              ~~~~~~~',
    'steps/c/step.yaml:8:12 the key "cpus" is missing in resources. Add cpus.\n     8 | resources: {memory_gb: 1, minutes: 1}\n                    ~~~~~~~~~~~~~~~~~~~~~~~~~~',
  ].map((text) => text.replace('a has no', 'b has no')));
});
