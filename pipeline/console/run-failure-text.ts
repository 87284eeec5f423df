// The words for a job without a result: which job, what happened, where the log is, what to change.
import {unreachable} from '../base/result.ts';
import type {RunFailure} from '../model/run-failure.ts';
import {slurmFailureText} from './slurm-failure-text.ts';

export function runFailureText(failure: RunFailure): string {
  switch (failure.reason) {
    case 'step-refused': {
      const {input, line, found, expected, advice} = failure.problem;
      return `${failure.job} refused its input ${input}${line === undefined ? '' : `:${line}`}: found ${found}; expected ${expected}.\n${indented([advice, `log: ${failure.log}`])}`;
    }
    case 'step-failed':
      return `${failure.job} failed with exit code ${failure.exitCode} (attempt ${failure.attempt}). Its last lines:\n${indented([...failure.lastLines.map((line) => `| ${line}`), `log: ${failure.log}`])}`;
    case 'step-killed':
      return `${failure.job} was killed by ${failure.signal} (attempt ${failure.attempt})${failure.signal === 'SIGKILL' ? `; the usual cause is memory: it was planned with ${failure.memory_gb} GB` : ''}.\n${indented([`log: ${failure.log}`, `Raise resources.${stepOf(failure.job)}.memory_gb in the profile, or run fewer jobs at once with --cores.`])}`;
    case 'out-of-memory':
      return `${failure.job} was killed: out of memory at ${failure.memory_gb} GB (attempt ${failure.attempt}).\n${indented([`log: ${failure.log}`, `Raise resources.${stepOf(failure.job)}.memory_gb in the profile.`])}`;
    case 'engine-failed':
      return `${failure.engine} could not run ${failure.job} (attempt ${failure.attempt}): ${failure.message}\n${indented(['Try it by hand: `lymphline logs RUN JOB --command` prints the line.', `log: ${failure.log}`])}`;
    case 'step-timed-out':
      return `${failure.job} was stopped after its ${failure.minutes} minutes (attempt ${failure.attempt}).\n${indented([`log: ${failure.log}`, `Raise resources.${stepOf(failure.job)}.minutes in the profile.`])}`;
    case 'command-not-started':
      return failure.image === undefined
        ? `${failure.job} could not start ${failure.command} (${failure.code}).\n${indented([failure.code === 'ENOENT' ? 'Install the program, or put it on PATH.' : 'Check that the file may be executed.', `log: ${failure.log}`])}`
        : `${failure.job} could not start ${failure.command} in the image "${failure.image}" (${failure.code}).\n${indented([`It is not the image that this version of the step was written for: build or pull it again (\`lymphline images\`), or name another in the profile (images: {${failure.image}: …}).`, `log: ${failure.log}`])}`;
    case 'submit-refused':
    case 'node-failed':
    case 'preempted':
    case 'cancelled':
    case 'requeued':
    case 'launch-failed':
    case 'never-starts':
    case 'vanished':
      return slurmFailureText(failure);
    case 'input-closed':
      return `${failure.job} failed: its input ${failure.input} is closed to it. ${failure.path} has mode ${failure.mode} and owner ${failure.owner}; in ${failure.engine} a step runs as user ${failure.uid}.\n${indented([`Open it (chmod -R o+rX ${failure.path}), or run lymphline as its owner.`, `log: ${failure.log}`])}`;
    case 'output-missing':
      return `${failure.job} ended well but did not write its output "${failure.output}" (attempt ${failure.attempt}).\n${indented([`expected: ${failure.expectedPath}`, `log: ${failure.log}`])}`;
    case 'output-invalid':
      return `${failure.job} wrote an output "${failure.output}" that does not fit its contract: found ${failure.found}; expected ${failure.expected}.\n${indented([`file: ${failure.path}`, `log: ${failure.log}`])}`;
    case 'input-unreadable':
      return `${failure.job} cannot read its input ${failure.input}: ${failure.path} (${failure.code}).\n${indented(['Check that the file is there and may be read, then run again.'])}`;
    case 'write-failed':
      return `${writeFailureText(failure.path, failure.code, failure.job)}${failure.log === undefined ? '' : `\n    log: ${failure.log}`}`;
    default:
      return unreachable(failure);
  }
}

/** `by`: a job, or the run itself. */
export function writeFailureText(path: string, code: string, by = 'The run'): string {
  const [meaning, advice] = writeTroubles[code] ?? ['', 'Check that the folder may be written'];
  return `${by} could not write ${path} (${code}${meaning}).\n${indented([`${advice}, then run again: finished jobs are kept.`])}`;
}

const writeTroubles: Readonly<Record<string, readonly [string, string]>> = {
  ENOSPC: [': no space left', 'Free some space, or some files if `df -i` shows none left (`lymphline clean` says what could go)'],
  EDQUOT: [': disk quota exceeded', 'Free some space (`lymphline clean` says what could go) or ask for a larger quota'],
  EROFS: [': read-only file system', 'Have it mounted for writing, or choose another --run-dir'],
  EIO: [': the disk or its network answers with errors', 'Check the disk (`dmesg`), or choose another --run-dir'],
  ESTALE: [': the network file system lost the file', 'Wait until its server is back'],
};

const indented = (lines: readonly string[]): string => lines.map((line) => `    ${line}`).join('\n');
const stepOf = (job: string): string => job.slice(0, job.indexOf('/'));
