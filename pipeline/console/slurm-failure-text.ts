// The words for what Slurm did to a job: which job, what happened, what Slurm itself said, what to do.
import type {RunFailure, SlurmCause} from '../model/run-failure.ts';

export function slurmFailureText(failure: Extract<RunFailure, {reason: SlurmCause}>): string {
  const {slurm} = failure;
  const said = slurm.jobId === '' ? `sbatch: ${slurm.reason}` : `Slurm job ${slurm.jobId}: ${slurm.state}${slurm.reason === 'None' ? '' : ` (${slurm.reason})`}${slurm.node === undefined ? '' : ` on ${slurm.node}`}`;
  const lines = [said, adviceFor(failure), `log: ${failure.log}`];
  return `${failure.job} ${happened(failure.reason, slurm.node)} (attempt ${failure.attempt}).\n${lines.map((line) => `    ${line}`).join('\n')}`;
}

function happened(reason: SlurmCause, node: string | undefined): string {
  switch (reason) {
    case 'submit-refused':
      return 'was refused by Slurm';
    case 'node-failed':
      return `was lost with its node${node === undefined ? '' : ` ${node}`}`;
    case 'preempted':
      return 'had to make room for a job of higher priority';
    case 'cancelled':
      return 'was cancelled in Slurm, not by this run';
    case 'requeued':
      return 'was put back into the queue by Slurm after it had started';
    case 'launch-failed':
      return `could not be started by Slurm${node === undefined ? '' : ` on ${node}`}`;
    case 'never-starts':
      return 'can never start in Slurm';
    case 'vanished':
      return 'is gone: it left no exit file, and Slurm does not say how it ended';
  }
}

function adviceFor({reason, slurm, job}: Extract<RunFailure, {reason: SlurmCause}>): string {
  switch (reason) {
    case 'submit-refused':
      return `Change what the profile asks for: slurm (partition, account, qos, constraint, extra) or resources.${job.slice(0, job.indexOf('/'))}.`;
    case 'node-failed':
      return 'Run again: it needs another node, not another setting.';
    case 'preempted':
      return 'Run again, or name a partition or qos in the profile (slurm: {partition: …}) whose jobs are not preempted.';
    case 'cancelled':
      return 'If it was not you, ask who did (`sacct -j ID -o User,State,End` where there is accounting), then run again: finished jobs are kept.';
    case 'requeued':
      return 'Run again. A partition that requeues jobs does so in spite of --no-requeue; another one may suit better (slurm: {partition: …}).';
    case 'launch-failed':
      if (slurm.reason.startsWith('the set-up line')) return 'Try that line of the profile (setup) in a job on that node; what it said is in the log.';
      if (slurm.reason.startsWith('scratch ')) return 'Name a folder that is there on each node (scratch in the profile), or have a set-up line make it (setup).';
      return 'Check that the run directory is mounted on the node and may be written there; then run again.';
    case 'never-starts':
      return neverAdvice(slurm.reason, job.slice(0, job.indexOf('/')));
    case 'vanished':
      return 'Look whether the run directory is the same one on the nodes (a shared file system), then run again.';
  }
}

function neverAdvice(reason: string, step: string): string {
  if (/TimeLimit|WallDuration/.test(reason)) return `Its time limit is longer than is allowed there: lower resources.${step}.minutes, or name another partition or qos (slurm: {partition: …}).`;
  if (/Account|InvalidQOS|QOSNotAllowed/.test(reason)) return 'Name an account and a qos that may use the partition (slurm: {account: …, qos: …}).';
  if (reason === 'BadConstraints') return 'No node has the features that the profile asks for (slurm: {extra: [--constraint=…]}).';
  if (reason === 'DependencyNeverSatisfied') return 'It waits for a job that failed; take the dependency out of the profile (slurm: {extra: …}).';
  return `It asks for more than a node there has, or than is allowed: lower the cpus or memory_gb of resources.${step}, or name another partition (slurm: {partition: …}).`;
}
