import {expect, test} from 'vitest';
import {parseRunFile} from '../../../pipeline/config/read-run-file.ts';
import {failureText} from '../../../pipeline/console/failure-text.ts';

const placeIn = (message: string): number => Number(/:(\d+):/.exec(message)?.[1]) * 1000 + Number(/:\d+:(\d+)/.exec(message)?.[1]);
const messages = async (text: string): Promise<string[]> => (await parseRunFile({file: 'run.yaml', text})).failures.map(failureText).sort((a, b) => placeIn(a) - placeIn(b));
const head = 'lymphline: 1\nname: demo\nsamples: s.tsv\n';

test('every problem of a run file is told at once, at its place', async () => {
  expect(await messages(`${head}timepoint: [a]\ntimepoints: [a]\nkeep: some\n`)).toEqual([
    'run.yaml:4:1 unknown key "timepoint". Did you mean "timepoints"?\n     4 | timepoint: [a]\n         ~~~~~~~~~',
    'run.yaml:6:7 keep is "some", expected all | results.\n     6 | keep: some\n               ~~~~',
  ]);
});

test('a key that is only misspelt is not also told to be missing', async () => {
  expect(await messages(`${head}timepoint: [a]\n`)).toEqual(['run.yaml:4:1 unknown key "timepoint". Did you mean "timepoints"?\n     4 | timepoint: [a]\n         ~~~~~~~~~']);
});

test('a missing key names itself', async () => {
  expect(await messages('lymphline: 1\nname: demo\ntimepoints: [a]\n')).toEqual(['run.yaml:1:1 the key "samples" is missing. Add samples.\n     1 | lymphline: 1\n         ~~~~~~~~~~~~']);
});

test('a number where text belongs is quoted as it was written, with the cure', async () => {
  expect(await messages(`${head}timepoints: [007, a]\n`)).toEqual(['run.yaml:4:14 timepoints[0] is 007, expected text. Write it in quotes: "007".\n     4 | timepoints: [007, a]\n                      ~~~']);
});

test('types, bounds, choices and lists are told in words', async () => {
  expect(await messages(`${head}timepoints: [a, a]\nseed: -1\ncar: {features: [], min_umi: 0}\nsignatures: {exploratory: 3}\nlabels: {path: }\nvisits:\n`)).toEqual([
    'run.yaml:4:17 timepoints names "a" twice. Remove one.\n     4 | timepoints: [a, a]\n                         ~',
    'run.yaml:5:7 seed is -1, expected at least 0.\n     5 | seed: -1\n               ~~',
    'run.yaml:6:17 car.features is an empty list, expected at least one entry.\n     6 | car: {features: [], min_umi: 0}\n                         ~~',
    'run.yaml:6:30 car.min_umi is 0, expected at least 1.\n     6 | car: {features: [], min_umi: 0}\n                                      ~',
    'run.yaml:7:27 signatures.exploratory is 3, expected all or a list of names.\n     7 | signatures: {exploratory: 3}\n                                   ~',
    'run.yaml:8:16 labels.path is empty, expected text.\n     8 | labels: {path: }\n                        ~',
    'run.yaml:9:8 visits is empty, expected text.\n     9 | visits:\n                ~',
  ]);
});

test('contrasts: a side that is no timepoint, two primaries, a name twice', async () => {
  expect(await messages(`${head}timepoints: [a, month3]\ncontrasts:\n  - {name: x, by: timepoint, before: a, after: month2, primary: true}\n  - {name: x, by: timepoint, before: a, after: month3, primary: true}\n`)).toEqual([
    'run.yaml:6:48 unknown timepoint "month2", expected a | month3. Did you mean "month3"?\n     6 |   - {name: x, by: timepoint, before: a, after: month2, primary: true}\n                                                        ~~~~~~',
    'run.yaml:7:12 a second contrast "x". Give each its own name.\n     7 |   - {name: x, by: timepoint, before: a, after: month3, primary: true}\n                    ~',
    'run.yaml:7:65 a second primary contrast, expected one at most.\n     7 |   - {name: x, by: timepoint, before: a, after: month3, primary: true}\n                                                                         ~~~~',
  ]);
});

test('text that is no YAML is told where it breaks', async () => {
  expect(await messages('name: a\nname: b\n')).toEqual(['run.yaml:2:1 this is no valid YAML: Map keys must be unique.\n     2 | name: b\n         ~']);
  expect(await messages('- a\n')).toEqual(['run.yaml:1:1 the file holds no keys.\n     1 | - a\n         ~~~']);
});

test('what is left out has its default; without a primary contrast it is the first', async () => {
  const {config} = await parseRunFile({file: 'run.yaml', text: `${head}timepoints: [a, b]\ncells: {path: x}\ncontrasts: [{name: x, by: timepoint, before: a, after: b}]\n`});
  expect(config.values).toMatchObject({missing_pairs: 'error', on_sample_failure: 'stop', keep: 'all', seed: 1, profile: 'laptop', cells: {path: 'x', sample_column: 'sample_id'}});
  expect(config.contrasts).toEqual([{name: 'x', by: 'timepoint', before: 'a', after: 'b', where: {}, primary: true}]);
});
