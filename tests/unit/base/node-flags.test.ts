// The shell script that starts the engine gives Node what the engine gives itself in a batch job.
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {engineFlags} from '../../../pipeline/base/node-flags.ts';
import {projectRoot} from '../../rig/cli.ts';

test('bin/lymphline starts Node with the flags of the engine', () => {
  expect(readFileSync(join(projectRoot, 'bin/lymphline'), 'utf8')).toContain(` ${engineFlags.join(' ')} "$main"`);
});
