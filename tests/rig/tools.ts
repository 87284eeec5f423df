// Is a step's program on this machine? Tests of such steps skip where it is not, and say so; with CI=true they run, and fail.
import {spawnSync} from 'node:child_process';
import {versionIn} from '../../pipeline/base/version-in.ts';
import type {StepContract, ToolContract} from '../../pipeline/model/step-contract.ts';

/** Prints the reason. */
export function skipsWithout({name, tools}: Pick<StepContract, 'name' | 'tools'>): boolean {
  if (process.env['CI'] === 'true') return false;
  const absent = absentTools(tools);
  if (absent.length > 0) console.log(`${name} is skipped: it needs ${absent.map((tool) => `${tool.name} ${tool.accepts}`).join(', ')} on PATH.`);
  return absent.length > 0;
}

/** Those that are not on PATH in a version that the contract accepts. */
export function absentTools(tools: StepContract['tools'] = []): readonly ToolContract[] {
  return tools.filter(({version: [program, ...rest], accepts}) => {
    const asked = spawnSync(program, rest, {encoding: 'utf8'});
    return asked.error !== undefined || !new RegExp(accepts).test(versionIn(`${asked.stdout}\n${asked.stderr}`));
  });
}
