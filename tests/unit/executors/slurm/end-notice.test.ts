// What squeue of Slurm 22.05.8 printed about a batch job, asked by the job itself in its handler of SIGTERM. The times of preemption are as they came.
import {expect, test} from 'vitest';
import {noticeIn} from '../../../../pipeline/executors/slurm/end-notice.ts';

const rows: readonly [what: string, printed: string, nStarts: number, notice: string][] = [
  ['scancel', 'COMPLETING|None|0|N/A|\n', 0, 'interrupted'],
  ['scancel of one that was started again before', 'COMPLETING|None|1|N/A|\n', 1, 'interrupted'],
  ['scancel --batch --signal=TERM', 'RUNNING|None|0|N/A|\n', 0, 'interrupted'],
  ['scontrol requeue', 'COMPLETING|None|1|N/A|\n', 0, 'starts-again'],
  ['preempted, PreemptMode=REQUEUE, with and without GraceTime', 'COMPLETING|None|1|2026-11-26T04:10:10|\n', 0, 'starts-again'],
  ['preempted, PreemptMode=CANCEL', 'COMPLETING|None|0|2026-11-26T04:10:10|\n', 0, 'over'],
  ['preempted with a period of grace, in which it still runs', 'RUNNING|None|0|2026-11-26T04:10:10|\n', 0, 'over'],
  ['its time is up', 'COMPLETING|TimeLimit|0|N/A|\n', 0, 'over'],
  ['Slurm does not know it', '', 0, 'untold'],
];

for (const [what, printed, nStarts, notice] of rows) {
  test(`${what}: ${notice}`, () => expect(noticeIn(printed, nStarts)).toBe(notice));
}
