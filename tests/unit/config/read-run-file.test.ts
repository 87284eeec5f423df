import {expect, test} from 'vitest';
import {parseRunFile} from '../../../pipeline/config/read-run-file.ts';
import {failureText} from '../../../pipeline/console/failure-text.ts';

test('every problem of a run file is told at once, at its place', async () => {
  const read = await parseRunFile('run.yaml', 'lymphline: 1\nname: demo\nsamples: s.tsv\ntimepoint: [a]\ntimepoints: [a]\nkeep: some\n');
  expect(read.ok ? [] : read.error.map(failureText)).toEqual([
    'run.yaml:4:1 unknown key "timepoint". Did you mean "timepoints"?\n     4 | timepoint: [a]\n         ~~~~~~~~~',
    'run.yaml:6:7 keep is "some", expected all | results.\n     6 | keep: some\n               ~~~~',
  ]);
});
