// What the report page is made from.
import type {Figure, FigureData} from './figure.ts';
import type {Finding} from './verdicts.ts';

/** A score of single cells, in the order of the kept cells of the table `cells`; NaN where a cell has none. */
export interface CellScores {
  readonly signature: string;
  readonly values: Float32Array;
}

/** What the run was told to do, step by step. */
export type StepSettings = Readonly<Record<string, {readonly params: Readonly<Record<string, unknown>>; readonly changed: readonly string[]}>>;

export interface PageContent {
  readonly name: string;
  readonly version: string;
  readonly seed: number;
  readonly data: FigureData;
  readonly figures: readonly Figure[];
  readonly findings: readonly Finding[];
  readonly scores: readonly CellScores[];
  /** Parameters of the steps of this run, with those that the run file changed; empty where they are not known. */
  readonly steps: StepSettings;
  /** Library -> version. */
  readonly libraries: Readonly<Record<string, string>>;
  /** Whether the run file asks for tests of every gene. */
  readonly asksForGenes: boolean;
  /** One row a library or declared gap, as in the sheet. */
  readonly sheet: readonly Readonly<Record<string, string>>[];
  /** Path in results/ -> sha256 of the tables that this page was made from. */
  readonly sources: readonly {readonly table: string; readonly sha256: string}[];
}
