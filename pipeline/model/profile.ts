// Where and how a run is executed, never what: a result does not depend on it.
export interface Profile {
  readonly launcher: 'local' | 'slurm';
  readonly engine: 'none' | 'docker' | 'podman' | 'apptainer' | 'charliecloud';
  /** Left out: what the machine has. */
  readonly cores?: number;
  readonly memory_gb?: number;
  readonly scratch?: Scratch;
  readonly retries?: number;
  /** What a first attempt is given: what the contract (and `resources`) says, or what earlier runs took. */
  readonly requests?: 'contract' | 'learnt';
  /** To what a repeated job may grow. */
  readonly max?: {readonly memory_gb?: number; readonly minutes?: number};
  readonly setup?: readonly string[];
  readonly slurm?: SlurmProfile;
  /** By step, over the contract's resources. */
  readonly resources?: Readonly<Record<string, {readonly cpus?: number; readonly memory_gb?: number; readonly minutes?: number}>>;
  readonly images?: Readonly<Record<string, string>>;
}

/** A folder on a disk of the machine that runs a job; each job gets one of its own in it. */
export interface Scratch {
  /** Absolute. In Slurm `${NAME}` stands for a variable of the node. */
  readonly folder: string;
  /** outputs: they are written there too, and copied to the run directory at the end. */
  readonly stage?: 'nothing' | 'outputs';
}

export interface SlurmProfile {
  readonly partition?: string;
  readonly account?: string;
  readonly qos?: string;
  readonly constraint?: string;
  /** The longest that a job may ask for. */
  readonly time_limit_minutes?: number;
  readonly array_size?: number;
  /** Handed over and not ended, at once. */
  readonly max_jobs?: number;
  /** Options of sbatch, one an entry. */
  readonly extra?: readonly string[];
  /** At most this long between two questions for the states of jobs. */
  readonly poll_seconds?: number;
  /** How long a file may be late, or a job unknown, before that is believed. */
  readonly grace_seconds?: number;
  /** Of the engine itself with `run --submit`. */
  readonly engine?: {readonly cpus?: number; readonly memory_gb?: number; readonly minutes?: number; readonly partition?: string};
}

/** What holds where the profile does not say. */
export const slurmDefaults = {array_size: 500, max_jobs: 1000, poll_seconds: 30, grace_seconds: 60, engine: {cpus: 1, memory_gb: 4, minutes: 1440}} as const;
