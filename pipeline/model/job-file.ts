// job.json: all that passes through the door from the engine to a step.
import type {ToolContract} from './step-contract.ts';

export interface JobInput {
  /** The unit that made it, or the library it belongs to; `` for files of the run or the project. */
  readonly unit: string;
  readonly path: string;
}

/** A sheet row as the step sees it: every column as text, empty where empty; `day` may be empty. */
export type DesignRow = Readonly<Record<string, string>>;

export interface Contrast {
  readonly name: string;
  readonly by: string;
  readonly before: string;
  readonly after: string;
  readonly where: Readonly<Record<string, string>>;
  readonly primary: boolean;
}

export interface Design {
  /** One row a library (declared gaps included), in sheet order, of this job's unit; all of them for a cohort step. */
  readonly rows: readonly DesignRow[];
  /** Only for `design: full`. */
  readonly timepoints?: readonly string[];
  readonly contrasts?: readonly Contrast[];
  readonly missing_pairs?: 'error' | 'drop';
  /** Rows of the visits sheet, as text. */
  readonly visits?: readonly DesignRow[];
}

export interface JobFile {
  readonly job: string;
  readonly step: string;
  readonly unit: {readonly kind: string; readonly id: string};
  readonly inputs: Readonly<Record<string, readonly JobInput[]>>;
  readonly params: Readonly<Record<string, unknown>>;
  readonly config: Readonly<Record<string, unknown>>;
  readonly design: Design;
  readonly seed: number;
  /** Absolute paths the step must write. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Names of outputs that the step may leave out. */
  readonly optional_outputs?: readonly string[];
  /** Programs that the step starts; absent where there are none. */
  readonly tools?: readonly ToolContract[];
  readonly limits: {readonly cpus: number; readonly memory_gb: number; readonly minutes: number};
  readonly version: string;
  /** The line that was started, container engine included; absent where no run started it. */
  readonly command?: readonly string[];
}

/** problem.json, beside job.json, with exit code 65: the step refuses its input. */
export interface Problem {
  readonly input: string;
  readonly line?: number;
  readonly found: string;
  readonly expected: string;
  readonly advice: string;
}
