// Slurm's programs, asked with time-outs of our own and counted. A controller that does not answer is told apart from one that says no.
import type {Environment} from '../engine.ts';
import {askProcess, type Answer} from '../process.ts';

export type SlurmProgram = 'sbatch' | 'squeue' | 'sacct' | 'scontrol' | 'scancel';

export interface SlurmAnswer extends Answer {
  /** unreachable: whether the question arrived is not known. */
  readonly kind: 'answered' | 'refused' | 'unreachable';
  /** What it said of a refusal. */
  readonly words: string;
}

export interface SlurmClient {
  readonly ask: (program: SlurmProgram, words: readonly string[], input?: string) => Promise<SlurmAnswer>;
  readonly counts: Readonly<Record<SlurmProgram, number>>;
}

const timeoutSeconds = 60;

export function slurmClient(environment: Environment): SlurmClient {
  const counts = {sbatch: 0, squeue: 0, sacct: 0, scontrol: 0, scancel: 0};
  // In a job of Slurm its own variables would be taken for options.
  const own = Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('SLURM_') || name === 'SLURM_CONF'));
  return {
    counts,
    async ask(program, words, input) {
      counts[program]++;
      const answer = await askProcess([program, ...words], {environment: own, timeoutSeconds, isApart: true, ...(input === undefined ? {} : {input})});
      return {...answer, kind: kindOf(answer), words: lastWords(program, answer.stderr)};
    },
  };
}

function kindOf({exitCode, stderr}: Answer): SlurmAnswer['kind'] {
  if (exitCode === 0) return 'answered';
  return (exitCode === null && !/ENOENT|EACCES/.test(stderr)) || isTransient(stderr) ? 'unreachable' : 'refused';
}

/** Words of a controller that is down, starting or busy, of the network before it, and of a limit on jobs that others' ends will lift. */
const isTransient = (stderr: string): boolean =>
  /Unable to contact slurm controller|Socket timed out|Connection (refused|timed out|reset)|Zero Bytes were transmitted|Transport endpoint is not connected|temporarily unable|standby mode|Unable to establish control|Communication connection failure|Max\w*SubmitJob|fault while|Resource temporarily unavailable/i.test(stderr);

function lastWords(program: string, stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.replace(/^\w+: (error|fatal): /, '').trim()).filter((line) => line !== '');
  return lines.length === 0 ? `${program} did not answer within ${timeoutSeconds} s` : [...new Set(lines)].join('; ');
}
