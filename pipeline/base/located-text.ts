// From an offset in a text to file:line:column with the source line underlined.

export interface Location {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based. */
  readonly column: number;
  readonly sourceLine: string;
  /** Characters to underline. */
  readonly length: number;
}

export function locate(file: string, text: string, offset: number, length: number): Location {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const newline = text.indexOf('\n', start);
  const sourceLine = text.slice(start, newline < 0 ? undefined : newline).replace(/\r$/, '');
  const line = text.slice(0, start).split('\n').length;
  return {file, line, column: offset - start + 1, sourceLine, length: Math.max(1, Math.min(length, sourceLine.length - (offset - start)))};
}

/** The source line behind its number, and a row of `~` below the place. */
export function underline(place: Location): string {
  const number = String(place.line).padStart(6);
  return `${number} | ${place.sourceLine}\n${' '.repeat(6)}   ${' '.repeat(place.column - 1)}${'~'.repeat(place.length)}`;
}
