// What of the cluster's configuration decides how we ask.
import type {SlurmClient} from './slurm-client.ts';

export interface ClusterFacts {
  /** One above the largest index of an array; 0 where arrays are off. */
  readonly maxArraySize: number;
  /** Does sacct know jobs that squeue has forgotten? */
  readonly hasAccounting: boolean;
}

/** Undefined where the controller does not answer. */
export async function askClusterFacts(client: SlurmClient): Promise<ClusterFacts | undefined> {
  const answer = await client.ask('scontrol', ['show', 'config']);
  return answer.kind === 'answered' ? factsIn(answer.stdout) : undefined;
}

export function factsIn(config: string): ClusterFacts {
  const value = (name: string): string => new RegExp(`^${name}\\s*= (.*)$`, 'm').exec(config)?.[1]?.trim() ?? '';
  return {maxArraySize: Number(value('MaxArraySize') || 1001), hasAccounting: value('AccountingStorageType') === 'accounting_storage/slurmdbd'};
}
