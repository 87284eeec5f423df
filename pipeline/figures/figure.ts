// What every figure is made of and made from.
import type {Row, Table} from '../data/table.ts';

export interface Figure {
  readonly id: string;
  /** The message, made from the numbers. */
  readonly title: string;
  /** One sentence that says what to see. */
  readonly caption: string;
  readonly svg: string;
  /** The values drawn. */
  readonly values: Table;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Why there is nothing to draw; the picture is then this reason. */
  readonly absent?: string;
}

export interface FigureContrast {
  readonly name: string;
  readonly by: string;
  readonly before: string;
  readonly after: string;
  /** Other sheet columns that must have this value. */
  readonly where: Readonly<Record<string, string>>;
  readonly primary: boolean;
}

export interface FigureData {
  /** Tables by name, cells as text; a table that the run does not have is empty. */
  readonly tables: Readonly<Record<string, readonly Row[]>>;
  readonly timepoints: readonly string[];
  readonly contrasts: readonly FigureContrast[];
  /** In order of their first appearance in the sheet. */
  readonly patients: readonly string[];
  /** Label -> hex colour, in the order of legends. */
  readonly lineageColours: ReadonlyMap<string, string>;
  /** Types below the lineages, in the order of legends. */
  readonly cellTypes?: readonly {readonly label: string; readonly parent: string | null; readonly colour: string}[];
}

/** The contrast that is claimed: the one marked primary, else the last. */
export function mainContrast(data: FigureData): FigureContrast | undefined {
  return data.contrasts.find((contrast) => contrast.primary) ?? data.contrasts.at(-1);
}

/** A table cell as a number; null where absent. */
export function numberOf(row: Row | undefined, column: string): number | null {
  const cell = row?.[column];
  return cell === null || cell === undefined || cell === '' ? null : Number(cell);
}

const ramp = ['#9ecae1', '#4292c6', '#08519c', '#08306b'];

/** Light is earlier. */
export function timepointColour(timepoints: readonly string[], timepoint: string): string {
  const at = timepoints.indexOf(timepoint);
  return timepoints.length <= 1 ? ramp[2] : ramp[Math.min(ramp.length - 1, Math.round((at / (timepoints.length - 1)) * 2))];
}

/** The same line for the same patient in every figure. */
export function patientDash(data: FigureData, patient: string): string {
  return ['', '4 2', '1.5 1.5', '6 2 1.5 2', '8 2', '3 1 1 1', '5 3'][Math.max(0, data.patients.indexOf(patient)) % 7];
}

export const downColour = '#0571b0';
export const upColour = '#ca0020';
export const quietColour = '#8c8c8c';

/** 0.0123 -> 0.012; p below 0.001 in powers of ten. */
export function shortNumber(value: number): string {
  if (value === 0) return '0';
  return Math.abs(value) < 0.001 ? value.toExponential(0) : String(Number(value.toPrecision(2)));
}
