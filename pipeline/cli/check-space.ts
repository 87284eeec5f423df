// Before a run starts: a warning where its disks are perhaps too small for the plan, a refusal where they surely are.
import {bytesText} from '../console/bytes-text.ts';
import {decideJobs} from '../schedule/decide-jobs.ts';
import {findSpaceTrouble, spaceNeeded, type SpaceTrouble} from '../schedule/space.ts';
import type {CommandContext} from './command.ts';
import type {PreparedRun} from './prepare-run.ts';

export async function hasRoom(context: CommandContext, prepared: PreparedRun): Promise<boolean> {
  const {requests, estimates, directory, cacheRoot, loaded} = prepared;
  const offersToCache = loaded.config.values['keep'] !== 'results';
  const troubles = (own: typeof requests): SpaceTrouble[] => findSpaceTrouble(spaceNeeded(own, estimates, {offersToCache}), {run: directory.root, cache: cacheRoot, offersToCache});
  // Room for the whole plan is room for what is left of it: only without it does one have to know what is left.
  if (troubles(requests).length === 0) return true;
  const left = (await decideJobs(requests, prepared)).filter(({action}) => action === 'run').map(({request}) => request);
  const found = troubles(left);
  for (const trouble of found) context.screen.write(troubleText(trouble, left.length));
  return !found.some(({isSure}) => isSure);
}

function troubleText({folder, what, needed, free, isSure}: SpaceTrouble, nJobs: number): string {
  const numbers = what === 'bytes' ? `about ${bytesText(needed)}, and ${bytesText(free)} are free` : `${needed} files, and ${free} more can be made`;
  return `${isSure ? '' : 'warning: '}${folder}: the ${nJobs} jobs to run need ${numbers}.\n    Free some space (\`lymphline clean\` says what could go)${what === 'bytes' ? ', set keep: results,' : ''} or choose another --run-dir.${isSure ? ' Nothing was started.' : ''}\n`;
}
