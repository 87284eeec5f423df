// Where and how a run is executed, never what: a result does not depend on it.
export interface Profile {
  readonly launcher: 'local' | 'slurm';
  readonly engine: 'none' | 'docker' | 'podman' | 'apptainer' | 'charliecloud';
  /** Left out: what the machine has. */
  readonly cores?: number;
  readonly memory_gb?: number;
  readonly scratch?: string;
  readonly retries?: number;
  /** What a first attempt is given: what the contract (and `resources`) says, or what earlier runs took. */
  readonly requests?: 'contract' | 'learnt';
  /** To what a repeated job may grow. */
  readonly max?: {readonly memory_gb?: number; readonly minutes?: number};
  readonly setup?: readonly string[];
  readonly slurm?: Readonly<Record<string, unknown>>;
  /** By step, over the contract's resources. */
  readonly resources?: Readonly<Record<string, {readonly cpus?: number; readonly memory_gb?: number; readonly minutes?: number}>>;
  readonly images?: Readonly<Record<string, string>>;
}
