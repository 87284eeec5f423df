// Jobs of this run that an earlier one handed to Slurm and that may still run there, where this run would start them on this machine.
import {existsSync} from 'node:fs';
import {askQueue} from '../executors/slurm/ask-states.ts';
import {slurmClient} from '../executors/slurm/slurm-client.ts';
import {readSubmission, type SubmissionRecord} from '../executors/slurm/submission-record.ts';
import {isLive} from '../executors/slurm/task.ts';
import {attemptsOf} from '../record/run-directory.ts';
import type {CommandContext} from './command.ts';
import type {PreparedRun} from './prepare-run.ts';

/** One line that says so; undefined where nothing stands in the way. */
export async function leftInSlurm(context: CommandContext, {directory, requests, loaded: {profile}}: PreparedRun): Promise<string | undefined> {
  if (profile.launcher === 'slurm' || !existsSync(directory.ended)) return undefined;
  const records = requests.flatMap(({planned}): readonly SubmissionRecord[] => {
    const [attempt] = attemptsOf(directory.job(planned.id));
    if (attempt === undefined || attempt.closing.some((path) => existsSync(path))) return [];
    const record = readSubmission(attempt.submitted);
    return record === undefined ? [] : [record];
  });
  if (records.length === 0) return undefined;
  const queue = await askQueue(slurmClient(context.environment), process.getuid?.() ?? 0);
  const live = 'words' in queue ? [] : [...queue.byId.values()].filter((state) => isLive({state}));
  const left = 'words' in queue ? records : records.filter(({token, task}) => live.some(({name, jobId}) => name === token && (task === undefined || jobId.endsWith(`_${task}`))));
  if (left.length === 0) return undefined;
  const named = left.slice(0, 3).map(({job, jobId, task}) => `${job}${jobId === undefined ? '' : ` (Slurm job ${jobId}${task === undefined ? '' : `_${task}`})`}`);
  return `${left.length} jobs of an earlier run may still be in Slurm: ${named.join(', ')}${left.length > 3 ? ', …' : ''}${'words' in queue ? `; it cannot be asked here (${queue.words})` : ''}.\n    Run with the profile that started them, which takes them over, or end them with \`lymphline cancel\`; then run again.\n`;
}
