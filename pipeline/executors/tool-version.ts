// Which version of a step's program this machine has.
import {versionIn} from '../base/version-in.ts';
import type {ToolContract} from '../model/step-contract.ts';
import type {Environment} from './engine.ts';
import {askProcess} from './process.ts';

/** `isThere` is false where it could not be started; then `version` says why. */
export async function askToolVersion(tool: ToolContract, environment: Environment): Promise<{version: string; isThere: boolean}> {
  const {exitCode, stdout, stderr} = await askProcess(tool.version, {environment, timeoutSeconds: 120});
  if (exitCode === null) return {version: stderr, isThere: false};
  const version = versionIn(`${stdout}\n${stderr}`);
  // A language without the package answers, but with an error.
  return exitCode !== 0 && version === '' ? {version: (stderr || stdout).trim().split('\n').at(-1) ?? '', isThere: false} : {version, isThere: true};
}
