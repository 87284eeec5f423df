// What the report page is made from.
import type {Figure, FigureData} from './figure.ts';
import type {Finding} from './verdicts.ts';

export interface PageContent {
  readonly name: string;
  readonly version: string;
  readonly seed: number;
  readonly data: FigureData;
  readonly figures: readonly Figure[];
  readonly findings: readonly Finding[];
  /** Whether the run file asks for tests of every gene. */
  readonly asksForGenes: boolean;
  /** One row a library or declared gap, as in the sheet. */
  readonly sheet: readonly Readonly<Record<string, string>>[];
  /** Path in results/ -> sha256 of the tables that this page was made from. */
  readonly sources: readonly {readonly table: string; readonly sha256: string}[];
}
