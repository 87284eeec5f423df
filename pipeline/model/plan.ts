// The frozen plan: which jobs there are and where each input comes from.
import type {StepContract, UnitKind} from './step-contract.ts';

export type InputSource =
  | {readonly kind: 'job'; readonly job: string; readonly unit: string; readonly output: string}
  /** `root` says against which folder a relative path is resolved. */
  | {readonly kind: 'file'; readonly root: 'run' | 'project'; readonly unit: string; readonly path: string};

export interface PlannedJob {
  /** `<step>/<unit>`. */
  readonly id: string;
  readonly step: StepContract;
  readonly unit: {readonly kind: UnitKind; readonly id: string};
  readonly inputs: Readonly<Record<string, readonly InputSource[]>>;
}

export interface Plan {
  /** A job comes after every job whose outputs it reads. */
  readonly jobs: readonly PlannedJob[];
}
