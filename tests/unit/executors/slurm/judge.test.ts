// The verdict over what Slurm 22.05.8 really said (recorded/, see slurm-words.test.ts) and the file that the job left or did not leave.
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {judge, type ExitFile, type Judgement, type Witnesses} from '../../../../pipeline/executors/slurm/judge.ts';
import {parseSacct, parseScontrolJobs, type SlurmState} from '../../../../pipeline/executors/slurm/slurm-words.ts';

const recorded = (file: string): string => readFileSync(join(import.meta.dirname, 'recorded', file), 'utf8');
const scontrol = parseScontrolJobs(recorded('scontrol.txt'));
const said = (name: string, from: readonly SlurmState[] = scontrol): SlurmState => {
  const found = from.find((state) => state.name === name);
  if (found === undefined) throw new Error(`nothing was recorded of ${name}`);
  return found;
};
const [lostRunning, lostCancelled, endedPending, endedRunning] = parseScontrolJobs(recorded('scontrol-after-kill.txt'));

const file = (exitCode: number, more: Partial<ExitFile> = {}): ExitFile =>
  ({attempt: 'a', exitCode, slurmJobId: '1', node: 'hpc-1', started: '2026-11-26T01:00:00Z', ended: '2026-11-26T01:00:02Z', ...more});
const witnesses = (more: Partial<Witnesses>): Witnesses =>
  ({jobId: '1', exitFile: undefined, secondsSinceExitFile: 0, hasBegun: true, state: 'unknown', secondsWithoutAnswer: 0, graceSeconds: 30, pendingSeconds: 0, ...more});
const early = (more: Partial<Witnesses>): Judgement => judge(witnesses(more));
const late = (more: Partial<Witnesses>): Judgement => judge(witnesses({secondsSinceExitFile: more.exitFile === undefined ? 0 : 31, secondsWithoutAnswer: 31, pendingSeconds: 31, ...more}));
const verdict = (judgement: Judgement): unknown => {
  if (judgement.kind === 'wait') return 'wait';
  const {end} = judgement;
  switch (end.kind) {
    case 'exit': return end.exitCode;
    case 'signal': return end.signal;
    case 'slurm-ended': return end.cause;
    default: return end.kind;
  }
};

describe('a file, and a state that agrees or explains', () => {
  test.each<[string, string, ExitFile, unknown]>([
    ['it ended well', 'well', file(0), 0],
    ['its own exit code', 'exit-3', file(3), 3],
    ['killed in a shell', 'shell-137', file(137), 'SIGKILL'],
    ['killed by a signal', 'segv', file(139, {signal: 'SIGSEGV'}), 'SIGSEGV'],
    ['a child was killed for memory, the program ended well', 'memory', file(0), 'out-of-memory'],
    ['scancel', 'scancel', file(143, {stoppedBy: 'SIGTERM'}), 'cancelled'],
    ['scancel, and the program calls that success', 'scancel', file(0, {stoppedBy: 'SIGTERM'}), 'cancelled'],
    ['scancel just after it had ended', 'scancel', file(0), 0],
    ['the time limit, and a handler that ends with 5', 'time', file(5, {stoppedBy: 'SIGTERM'}), 'timeout'],
    ['the time limit, and a handler that ends well', 'time', file(0), 'timeout'],
    ['preempted', 'preempted', file(143, {stoppedBy: 'SIGTERM'}), 'preempted'],
    ['it ended before its node failed', 'node-failed', file(0), 0],
    ['somebody else signalled it', 'well', file(0, {stoppedBy: 'SIGTERM'}), 'SIGTERM'],
  ])('%s', (_, name, exitFile, expected) => {
    const first = early({state: said(name), exitFile});
    expect(verdict(first)).toBe(expected);
    expect(verdict(late({state: said(name), exitFile}))).toBe(expected);
    expect(first).toMatchObject({inQueue: false});
  });
});

describe('no file', () => {
  test.each<[string, string, unknown, unknown]>([
    ['it may be late', 'well', 'wait', 'vanished'],
    ['the exit code is Slurm\'s then', 'exit-3', 'wait', 3],
    ['killed in a shell', 'shell-137', 'wait', 'SIGKILL'],
    ['the script itself was killed', 'batch-kill', 'wait', 'SIGKILL'],
    ['the memory limit', 'memory', 'out-of-memory', 'out-of-memory'],
    ['the time limit', 'time', 'timeout', 'timeout'],
    ['scancel of one that ignores SIGTERM', 'ignores-term', 'wait', 'cancelled'],
    ['scancel before it started', 'pending-cancel', 'cancelled', 'cancelled'],
    ['Slurm took it out of the queue, as it was asked to', 'after', 'never-starts', 'never-starts'],
    ['preempted', 'preempted', 'wait', 'preempted'],
    ['its node failed', 'node-failed', 'wait', 'node-failed'],
    ['it could not be started', 'no-folder', 'launch-failed', 'launch-failed'],
    ['put back into the queue', 'requeued', 'requeued', 'requeued'],
    ['it can never start', 'never', 'wait', 'never-starts'],
    ['it runs', 'runs', 'wait', 'wait'],
  ])('%s', (_, name, soon, afterGrace) => {
    expect([verdict(early({state: said(name)})), verdict(late({state: said(name)}))]).toEqual([soon, afterGrace]);
  });

  test('one that failed without ever having had a node was not started', () => {
    const {node: _, ...placeless} = {...said('failing'), reason: 'BadConstraints'};
    expect([verdict(early({state: placeless})), verdict(early({state: {...placeless, reason: 'None'}}))]).toEqual(['never-starts', 'launch-failed']);
  });

  test('one that still waits in the queue is to be cancelled there', () => {
    expect(late({state: said('never')})).toMatchObject({inQueue: true, end: {jobId: '13', state: 'PENDING', reason: 'PartitionConfig'}});
    expect(early({state: said('requeued')})).toMatchObject({inQueue: true});
    expect(late({state: said('node-failed')})).toMatchObject({inQueue: false, end: {node: 'hpc-1', reason: 'NodeDown'}});
  });

  test.each(['Resources', 'Priority', 'PartitionDown', 'ReqNodeNotAvail, UnavailableNodes:hpc-3', 'JobHeldUser', 'JobHeldAdmin', 'BeginTime', 'Dependency', 'QOSGrpCpuLimit', 'QOSMaxJobsPerUserLimit', 'AssocGrpMemLimit', 'Nodes required for job are DOWN, DRAINED or reserved for jobs in higher priority partitions'])(
    'a reason that may pass is waited for, however long: %s', (reason) => {
      expect(verdict(judge(witnesses({state: {...said('never'), reason}, pendingSeconds: 1e6})))).toBe('wait');
    });

  test.each(['DependencyNeverSatisfied', 'BadConstraints', 'PartitionTimeLimit', 'QOSMaxWallDurationPerJobLimit', 'QOSMaxMemoryPerJob', 'AssocMaxCpuPerJobLimit', 'InvalidAccount'])(
    'a reason that cannot pass ends it after the grace period: %s', (reason) => {
      const state = {...said('never'), reason};
      expect([verdict(early({state})), verdict(late({state}))]).toEqual(['wait', 'never-starts']);
    });
});

describe('a controller that is down, or was killed and has forgotten', () => {
  test('nobody answers: wait for as long as it takes; a file is believed after the grace period', () => {
    expect(verdict(judge(witnesses({state: 'unreachable', secondsWithoutAnswer: 1e6})))).toBe('wait');
    expect(verdict(early({state: 'unreachable', exitFile: file(0)}))).toBe('wait');
    expect(verdict(late({state: 'unreachable', exitFile: file(0)}))).toBe(0);
  });

  test('Slurm does not know it: the file says all; without one it is gone after the grace period', () => {
    expect(verdict(early({exitFile: file(0)}))).toBe(0);
    expect(verdict(early({exitFile: file(4)}))).toBe(4);
    expect(verdict(early({}))).toBe('wait');
    expect(late({jobId: '88213'})).toMatchObject({end: {cause: 'vanished', jobId: '88213', state: 'unknown'}});
  });

  test('what it would start again has ended as its file says, and is to be cancelled', () => {
    // An answer from just before the start may still read PENDING.
    expect(verdict(early({state: endedPending, exitFile: file(7)}))).toBe('wait');
    for (const state of [endedPending, endedRunning]) expect(late({state, exitFile: file(7)})).toEqual({kind: 'ended', end: {kind: 'exit', exitCode: 7}, inQueue: true});
  });

  test('the second start that refused to run is not the end of the first', () => {
    const refused = {...said('exit-3'), exitCode: 75};
    expect(verdict(early({state: refused, exitFile: file(0)}))).toBe(0);
    expect(verdict(late({state: refused}))).toBe('vanished');
  });

  test('what it found running and cancelled was cancelled by nobody', () => {
    expect(verdict(late({state: lostRunning}))).toBe('wait');
    expect(verdict(early({state: lostCancelled}))).toBe('wait');
    expect(verdict(late({state: lostCancelled}))).toBe('vanished');
    expect(verdict(late({state: {...said('scancel', parseSacct(recorded('sacct.txt'))), cancelledBy: 1000}}))).toBe('cancelled');
  });

  // It gives numbers again, and a node may still hold a job of that number. slurmd 22.05.8 then says "Job 6 already running, do not launch second
  // copy" and cancels it, whereupon the first of that number ends with 143 in its name; or "Job 9 already killed, do not launch batch job", and the
  // controller calls it failed with 1.
  test('a job whose number its node still holds has neither been cancelled nor failed: it never began', () => {
    const cancelled = {...lostCancelled, exitCode: 143};
    const refused = {...said('exit-3'), exitCode: 1};
    for (const state of [cancelled, refused]) {
      expect(verdict(early({state, hasBegun: false}))).toBe('wait');
      expect(verdict(late({state, hasBegun: false}))).toBe('vanished');
    }
    expect(verdict(late({state: cancelled, hasBegun: true}))).toBe('cancelled');
    // The first of that number did not end within KillWait; somebody's scancel of a script that had no time to begin.
    const [killed, ended] = [9, 15].map((signal) => ({...lostCancelled, signal}));
    expect([verdict(late({state: killed, hasBegun: false})), verdict(late({state: ended, hasBegun: false}))]).toEqual(['vanished', 'cancelled']);
    expect(verdict(late({state: refused, hasBegun: true}))).toBe(1);
    // Only its own script ends with other codes, whatever can be seen of it.
    expect(verdict(late({state: said('exit-3'), hasBegun: false}))).toBe(3);
  });
});

test('Slurm still calls it running: its end is awaited for the limits that only Slurm knows, but not for ever', () => {
  for (const state of ['RUNNING', 'COMPLETING']) {
    expect(verdict(early({state: {...said('runs'), state}, exitFile: file(0)}))).toBe('wait');
    expect(late({state: {...said('runs'), state}, exitFile: file(0)})).toMatchObject({end: {exitCode: 0}, inQueue: true});
  }
});

test('one that was put back into the queue has ended once nothing of its first start runs any more', () => {
  const again = (state: string): unknown => verdict(early({state: {...said('runs'), state, restarts: 1}}));
  expect([again('COMPLETING'), again('PENDING'), again('RUNNING')]).toEqual(['wait', 'requeued', 'requeued']);
});

test('the job\'s own memory group is believed whatever Slurm says', () => {
  for (const state of ['unreachable', 'unknown', said('well'), said('runs')] as const) expect(verdict(early({state, exitFile: file(0, {oomKills: 1})}))).toBe('out-of-memory');
});

describe('whatever the witnesses say', () => {
  const states = fc.constantFrom<Witnesses['state']>('unknown', 'unreachable', ...scontrol, lostRunning, lostCancelled, endedPending, {...said('well'), state: 'A_WORD_OF_TOMORROW'});
  const files = fc.option(fc.record({exitCode: fc.constantFrom(0, 1, 3, 75, 137, 143), stoppedBy: fc.constantFrom(undefined, 'SIGTERM'), oomKills: fc.constantFrom(undefined, 0, 1)}), {nil: undefined});
  const any = fc.record({state: states, exitFile: files, hasBegun: fc.boolean(), secondsSinceExitFile: fc.nat(100), secondsWithoutAnswer: fc.nat(100), pendingSeconds: fc.nat(100)}).map(({exitFile, ...rest}) =>
    witnesses({...rest, exitFile: exitFile === undefined ? undefined : file(exitFile.exitCode, JSON.parse(JSON.stringify({stoppedBy: exitFile.stoppedBy, oomKills: exitFile.oomKills})) as Partial<ExitFile>)}));

  test('success needs a file of the job that says so, and no limit that Slurm enforced', () => {
    fc.assert(fc.property(any, (given) => {
      const found = judge(given);
      if (found.kind === 'wait' || found.end.kind !== 'exit' || found.end.exitCode !== 0) return;
      expect(given.exitFile).toMatchObject({exitCode: 0});
      expect(given.exitFile?.stoppedBy).toBeUndefined();
      expect(given.exitFile?.oomKills ?? 0).toBe(0);
      expect(['OUT_OF_MEMORY', 'TIMEOUT']).not.toContain(typeof given.state === 'object' ? given.state.state : given.state);
    }), {numRuns: 2000});
  });

  test('what is unknown is neither success nor failure before the grace period', () => {
    fc.assert(fc.property(any, (given) => {
      const unheard = {...given, exitFile: undefined, secondsWithoutAnswer: Math.min(given.secondsWithoutAnswer, 29)};
      expect(judge({...unheard, state: 'unknown'}).kind).toBe('wait');
      expect(judge({...unheard, state: 'unreachable', secondsWithoutAnswer: given.secondsWithoutAnswer}).kind).toBe('wait');
    }));
  });

  test('it comes to an end with every witness, but for a job that may yet run and a controller that is silent', () => {
    fc.assert(fc.property(any, (given) => {
      const found = judge({...given, secondsSinceExitFile: 101, secondsWithoutAnswer: 101, pendingSeconds: 101});
      if (found.kind === 'ended') return;
      expect(given.exitFile).toBeUndefined();
      expect(['unreachable', 'RUNNING', 'PENDING']).toContain(typeof given.state === 'object' ? given.state.state : given.state);
    }), {numRuns: 1000});
  });
});
