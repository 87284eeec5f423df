// What planning needs to know of a step: the content of steps/<name>/step.yaml.

export type UnitKind = 'library' | 'sample' | 'patient' | 'cohort';
export type Format = 'any' | 'h5ad' | 'tsv' | 'tsv.gz' | 'json' | 'yaml' | 'gmt' | 'html' | 'folder';

/**
 * Where an input comes from.
 * `<step>` or `<step>.<output>`: an upstream output (the output defaults to the input's own name). A list gives alternatives in order
 * of preference: of several that have a file for the same unit (library, sample, …) the first wins.
 * `sheet.<column>`: the files that the library's rows name there (`path`, `fastq_1`, …). `config.<key>[.path|.files]`: a file that the run file names. `shipped.<path>`: a file of the project.
 */
export interface InputContract {
  readonly format: Format;
  readonly from: string | readonly string[];
  /** Upstream units of these library kinds only (for outputs of `per: library` steps, and for `sheet.path`). */
  readonly library?: readonly string[];
  /** Ends of names of files that the step never reads in a folder (`.bam`): they are not digested. */
  readonly ignores?: readonly string[];
  /** An optional input may be an empty list; a job without a source for a required one is not planned. */
  readonly optional?: boolean;
}

export interface ParamContract {
  readonly type: 'string' | 'number' | 'integer' | 'boolean' | 'list' | 'any';
  readonly enum?: readonly (string | number)[];
  /** Words that stand for a value of another type, such as `auto` for a number. */
  readonly words?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  /** null: no limit / off. */
  readonly default: unknown;
  /** null is allowed though it is not the default. */
  readonly nullable?: boolean;
  readonly unit?: string;
  readonly summary: string;
  /** The parameter counts (and enters the fingerprint) only where these other parameters have these values. */
  readonly used_when?: Readonly<Record<string, unknown>>;
  /** Value -> what other parameters must be for it to be allowed. */
  readonly only_with?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Value -> key that the run file must have for it to be allowed. */
  readonly needs_key?: Readonly<Record<string, string>>;
  /** Value that is asked for and not offered -> why. */
  readonly refused?: Readonly<Record<string, string>>;
  /** `<step>.<parameter>` that has to have the same value: one makes what the other reads. */
  readonly same_as?: string;
}

export interface OutputContract {
  readonly format: Format;
  /** File name inside outputs/; default `<output><extension of the format>`. */
  readonly file?: string;
  /** Columns of a table, checked in order against the header (more may follow). */
  readonly columns?: readonly string[];
  /** Path inside results/ where a cohort step's output is published. */
  readonly publish?: string;
  /** Written only when a parameter asks for it. */
  readonly optional?: boolean;
  /** By column (`*`: every other): how far a number made on another machine may be off. */
  readonly tolerance?: Readonly<Record<string, {readonly absolute?: number; readonly relative?: number}>>;
}

/** A program that the image, or PATH, has to have. */
export interface ToolContract {
  readonly name: string;
  /** Prints the version on its first line with a digit in it. */
  readonly version: readonly string[];
  /** Regular expression that the version has to match. */
  readonly accepts: string;
}

/** What a value of a parameter changes: the same inputs and outputs, made by other programs. */
export interface StepVariant {
  readonly container: string;
  readonly command: readonly string[];
  readonly tools?: readonly ToolContract[];
  readonly determinism?: string;
}

/** How large a cohort a step was measured with, by the size of the sheet's files; `plan` says where a run is above it. */
export interface MeasuredScale {
  /** Whose files count. */
  readonly library: readonly string[];
  readonly input_gb: number;
  /** Of a folder only these files count, the first that is found in it or in the folders below it. */
  readonly folder_files: readonly string[];
  /** What was measured, in words. */
  readonly summary: string;
  /** What to do beyond it, as a sentence. */
  readonly beyond: string;
}

export interface StepContract {
  readonly name: string;
  readonly summary: string;
  readonly per: UnitKind;
  /** Only in runs whose run file has (`with`) or lacks (`without`) this key; `needed`: only the jobs of which another job needs an output (as an input that is not optional). */
  readonly when?: {readonly with?: string; readonly without?: string; readonly needed?: boolean};
  readonly inputs: Readonly<Record<string, InputContract>>;
  readonly params: Readonly<Record<string, ParamContract>>;
  readonly outputs: Readonly<Record<string, OutputContract>>;
  /** Keys of the run file whose value the step is given (and its fingerprint holds). */
  readonly config?: readonly string[];
  /** `keys`: the unit's sheet rows. `full`: also timepoints and contrasts. */
  readonly design: 'keys' | 'full';
  readonly resources: {readonly cpus: number; readonly memory_gb: number; readonly minutes: number};
  /** Of its own programs, not of its variants. */
  readonly measured?: MeasuredScale;
  readonly container: string;
  readonly command: readonly string[];
  readonly determinism: string;
  readonly tools?: readonly ToolContract[];
  /** Parameter -> value -> what it changes; at most one parameter. */
  readonly variants?: Readonly<Record<string, Readonly<Record<string, StepVariant>>>>;
  /** Is the seed part of the result (and so of the fingerprint)? */
  readonly seeded?: boolean;
  /** A tool is started by the command line (simulate) and is not part of a run. */
  readonly tool?: boolean;
}

const extensions: Readonly<Record<Format, string>> = {
  any: '', folder: '', h5ad: '.h5ad', tsv: '.tsv', 'tsv.gz': '.tsv.gz', json: '.json', yaml: '.yaml', gmt: '.gmt', html: '.html',
};

/** The contract as the run's parameters make it. */
export function chosenVariant(step: StepContract, params: Readonly<Record<string, unknown>>): StepContract {
  const [param, values] = Object.entries(step.variants ?? {})[0] ?? [];
  const variant = param === undefined ? undefined : values?.[String(params[param])];
  if (variant === undefined) return step;
  const {measured: _ofItsOwn, ...general} = step;
  return {...general, tools: [], ...variant};
}

/** The file (or folder) of an output inside `outputs/`. */
export function outputFileName(name: string, output: OutputContract): string {
  return output.file ?? `${name}${extensions[output.format]}`;
}
