// Where temporary files lie, as plan and validate say it; nothing where the profile does not.
import type {Profile} from '../model/profile.ts';

export function scratchText({scratch, launcher}: Profile): string {
  if (scratch === undefined) return '';
  const outputs = scratch.stage === 'outputs' ? '; outputs are written there too, and copied to the run directory when a job has ended well' : '';
  return `Scratch: each job has a folder of its own in ${scratch.folder} on ${launcher === 'local' ? 'this machine' : 'its node'}${outputs}.\n`;
}
