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

/** As much of a name as fits over its panel; the values have it whole. */
export function fitted(name: string, width: number, size = 8): string {
  const most = Math.max(3, Math.floor(width / (size * 0.54)));
  return name.length <= most ? name : `${name.slice(0, Math.ceil((most - 1) / 2))}…${name.slice(name.length - Math.floor((most - 1) / 2))}`;
}
