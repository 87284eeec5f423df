// Where the panel of each patient stands: one row up to eight patients, more rows beyond, so that forty are as readable as seven.
import {fullWidth} from './svg.ts';

const mostInRow = 8;

export interface PatientGrid {
  readonly nRows: number;
  readonly width: number;
  readonly at: (patient: number) => {readonly row: number; readonly left: number; readonly right: number; readonly isFirst: boolean; readonly isMiddle: boolean};
}

export function patientGrid(nPatients: number, {left, gap}: {readonly left: number; readonly gap: number}): PatientGrid {
  const nRows = Math.max(1, Math.ceil(nPatients / mostInRow));
  // Rows of equal length: nine patients are five and four.
  const inRow = Math.max(1, Math.ceil(nPatients / nRows));
  const width = (fullWidth - left - gap * inRow) / inRow;
  return {
    nRows, width,
    at: (patient) => {
      const column = patient % inRow;
      const from = left + column * (width + gap);
      return {row: Math.floor(patient / inRow), left: from, right: from + width, isFirst: column === 0, isMiddle: column === Math.floor(Math.min(inRow, nPatients) / 2)};
    },
  };
}

/** As much of a name as fits its place; the values have it whole. Names that would be cut to the same (`others`) are told from where they differ. */
export function fitted(name: string, width: number, size = 8, others: readonly string[] = []): string {
  const most = Math.max(3, Math.floor(width / (size * 0.54)));
  const short = cut(name, most);
  if (short === name || others.every((other) => other === name || cut(other, most) !== short)) return short;
  const shared = others.reduce((length, other) => Math.min(length, commonStart(name, other)), name.length);
  const rest = `…${name.slice(shared)}`;
  return rest.length <= most ? rest : `${rest.slice(0, most - 1)}…`;
}

function cut(name: string, most: number): string {
  return name.length <= most ? name : `${name.slice(0, Math.ceil((most - 1) / 2))}…${name.slice(name.length - Math.floor((most - 1) / 2))}`;
}

function commonStart(a: string, b: string): number {
  if (a === b) return a.length;
  let length = 0;
  while (length < Math.min(a.length, b.length) && a[length] === b[length]) length++;
  return length;
}
