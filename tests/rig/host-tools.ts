// Whether this machine has the programs of a step. A test without them is skipped with the reason; in CI, which installs them, that is a failure.
import {toolVersions} from '../../pipeline/step-runtime/run-tool.ts';
import {readContract} from './run-step.ts';

/** Why the step cannot run here; undefined where it can. Throws in CI. */
export function absentTools(step: string): string | undefined {
  try {
    toolVersions(readContract(step).tools);
    return undefined;
  } catch (error) {
    const reason = `${step} is skipped: ${(error as Error).message}`;
    if (process.env['CI'] === 'true') throw new Error(`${reason}. CI has to have it.`);
    console.log(reason);
    return reason;
  }
}
