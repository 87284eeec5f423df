// What Slurm 22.05.8 printed about the jobs of one cluster of tests/rig/slurm.sh, at one moment, by each of its three commands.
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {parseSacct, parseScontrolJobs, parseSqueue, statesIn, type SlurmState} from '../../../../pipeline/executors/slurm/slurm-words.ts';

const recorded = (file: string): string => readFileSync(join(import.meta.dirname, 'recorded', file), 'utf8');
const byId = (states: readonly SlurmState[]): Map<string, SlurmState> => new Map(states.map((state) => [state.jobId, state]));
const scontrol = byId(parseScontrolJobs(recorded('scontrol.txt')));
const squeue = byId(parseSqueue(recorded('squeue.txt')));

/** [id, name, state, reason, code:signal, node]: read off the recorded text by eye. */
const jobs = [
  ['1', 'well', 'COMPLETED', 'None', '0:0', 'hpc-1'],
  ['2', 'exit-3', 'FAILED', 'NonZeroExitCode', '3:0', 'hpc-1'],
  ['3', 'segv', 'FAILED', 'JobLaunchFailure', '0:11', 'hpc-2'],
  ['4', 'shell-137', 'FAILED', 'NonZeroExitCode', '137:0', 'hpc-2'],
  ['5', 'memory', 'OUT_OF_MEMORY', 'OutOfMemory', '0:125', 'hpc-3'],
  ['6', 'scancel', 'CANCELLED', 'None', '0:15', 'hpc-3'],
  ['7', 'ignores-term', 'CANCELLED', 'None', '0:9', 'hpc-4'],
  ['8', 'time', 'TIMEOUT', 'TimeLimit', '0:0', 'hpc-1'],
  ['9', 'batch-kill', 'FAILED', 'JobLaunchFailure', '0:9', 'hpc-1'],
  ['10', 'no-folder', 'FAILED', 'JobLaunchFailure', '0:53', 'hpc-1'],
  ['11', 'preempted', 'PREEMPTED', 'None', '0:15', 'hpc-2'],
  ['12', 'winner', 'COMPLETED', 'None', '0:0', 'hpc-2'],
  ['13', 'never', 'PENDING', 'PartitionConfig', '0:0', undefined],
  ['14', 'pending-cancel', 'CANCELLED', 'JobHeldUser', '0:0', undefined],
  ['15', 'failing', 'FAILED', 'NonZeroExitCode', '1:0', 'hpc-1'],
  ['16', 'after', 'CANCELLED', 'DependencyNeverSatisfied', '0:0', undefined],
  ['17', 'requeued', 'PENDING', 'BeginTime', '0:0', undefined],
  ['18', 'node-failed', 'NODE_FAIL', 'NodeDown', '0:0', 'hpc-1'],
  ['20', 'runs', 'RUNNING', 'None', '0:0', 'hpc-3'],
  ['19_0', 'array', 'COMPLETED', 'None', '0:0', 'hpc-2'],
  ['19_1', 'array', 'FAILED', 'NonZeroExitCode', '1:0', 'hpc-2'],
  ['19_2', 'array', 'PENDING', 'JobArrayTaskLimit', '0:0', undefined],
  ['19_5', 'array', 'PENDING', 'JobArrayTaskLimit', '0:0', undefined],
] as const;

test.each(jobs)('scontrol and squeue say the same of job %s (%s): %s', (id, ...expected) => {
  for (const known of [scontrol, squeue]) {
    const {name, state, reason, exitCode, signal, node} = known.get(id) ?? {};
    expect([name, state, reason, `${exitCode}:${signal}`, node]).toEqual(expected);
  }
  expect(scontrol.get(id)?.restarts).toBe(id === '17' ? 1 : 0);
  expect(squeue.get(id)?.restarts).toBe(id === '17' ? 1 : 0);
});

test('no job is made up and none is lost: 19 jobs, and six elements of an array of which four wait in one line', () => {
  const all = [...Array.from({length: 18}, (_, at) => String(at + 1)), '20', ...Array.from({length: 6}, (_, at) => `19_${at}`)].sort();
  expect([...scontrol.keys()].sort()).toEqual(all);
  expect([...squeue.keys()].sort()).toEqual(all);
  expect(byId(parseSqueue(recorded('squeue-ranges.txt')))).toEqual(squeue);
});

test('time limits are seconds: five minutes, and none for a limit of zero minutes', () => {
  expect(scontrol.get('1')?.timeLimitSeconds).toBe(300);
  expect(squeue.get('1')?.timeLimitSeconds).toBe(300);
  expect(scontrol.get('8')?.timeLimitSeconds).toBe(0);
  const limit = (words: string): number => parseSqueue(`1|RUNNING|None|0|0|n1|${words}|a|`)[0].timeLimitSeconds;
  expect([limit('2-03:04:05'), limit('1:00:00'), limit('UNLIMITED')]).toEqual([2 * 86_400 + 3 * 3600 + 4 * 60 + 5, 3600, Infinity]);
});

test('accounts know who cancelled, and drop the signal', () => {
  const accounts = byId(parseSacct(recorded('sacct.txt')));
  expect(accounts.get('6')).toEqual({jobId: '6', name: 'scancel', state: 'CANCELLED', cancelledBy: 0, reason: 'None', exitCode: 0, signal: 0, node: 'hpc-3', timeLimitSeconds: 300});
  expect(accounts.get('5')).toMatchObject({state: 'OUT_OF_MEMORY', signal: 125});
  expect(accounts.get('10')).toMatchObject({state: 'FAILED', signal: 53});
  // 137 in a shell.
  expect(accounts.get('4')).toMatchObject({state: 'FAILED', exitCode: 9, signal: 0});
  // An old reason for waiting.
  expect(accounts.get('19_2')).toMatchObject({state: 'FAILED', exitCode: 2, reason: 'None'});
  expect(accounts.get('13')).not.toHaveProperty('node');
});

test('the parts of a job are not jobs', () => {
  expect(parseSacct(recorded('sacct-parts.txt')).map(({jobId}) => jobId)).toEqual(['2']);
});

test('a job whose name looks like an answer does not answer for itself', () => {
  const line = recorded('scontrol.txt').split('\n')[1].replace('JobName=exit-3', 'JobName=a ExitCode=0:0 BatchHost=x');
  expect(parseScontrolJobs(line)).toEqual([{...scontrol.get('2'), name: 'a ExitCode=0:0 BatchHost=x'}]);
});

test('reasons with blanks are the same from both commands', () => {
  const words = 'Nodes required for job are DOWN, DRAINED or reserved for jobs in higher priority partitions';
  const line = recorded('scontrol.txt').split('\n')[12].replace('Reason=PartitionConfig', `Reason=${words.replaceAll(' ', '_')}`);
  expect(parseScontrolJobs(line)[0].reason).toBe(words);
  expect(parseSqueue(`13|PENDING|${words}|0|0||5:00|never|`)[0].reason).toBe(words);
});

test('no answer is told apart from an answer that knows nothing', () => {
  const answer = (exitCode: number | null, stderr: string): readonly SlurmState[] | 'unreachable' => statesIn({exitCode, stdout: '', stderr}, parseSqueue);
  expect(answer(0, '')).toEqual([]);
  expect(answer(1, 'slurm_load_jobs error: Invalid job id specified\n')).toEqual([]);
  expect(answer(1, 'slurm_load_jobs error: Unable to contact slurm controller (connect failure)\n')).toBe('unreachable');
  // It was ended because it took too long.
  expect(answer(null, '')).toBe('unreachable');
});
