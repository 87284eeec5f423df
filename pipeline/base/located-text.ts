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
  const start = offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
  const newline = text.indexOf('\n', start);
  const sourceLine = text.slice(start, newline < 0 ? undefined : newline).replace(/\r$/, '');
  let line = 1;
  for (let i = text.indexOf('\n'); i >= 0 && i < start; i = text.indexOf('\n', i + 1)) line++;
  const column = offset - start + 1;
  return {file, line, column, sourceLine, length: Math.max(1, Math.min(length, sourceLine.length - column + 1))};
}

/** The source line behind its number, and a row of `~` below the place. */
export function underline(place: Location): string {
  const {text, column} = shortened(place);
  // Tabs stay tabs, or the marks would stand left of the place.
  const indent = text.slice(0, column - 1).replaceAll(/[^\t]/g, ' ').padEnd(column - 1);
  const length = Math.min(place.length, Math.max(1, text.length - column + 1));
  return `${String(place.line).padStart(6)} | ${text}\n${' '.repeat(9)}${indent}${'~'.repeat(length)}`;
}

/** Of a very long line the part around the place. */
function shortened({sourceLine, column}: Location): {text: string; column: number} {
  const most = 160;
  if (sourceLine.length <= most) return {text: sourceLine, column};
  const from = Math.max(0, Math.min(column - 41, sourceLine.length - most));
  const [left, right] = [from > 0 ? '…' : '', from + most < sourceLine.length ? '…' : ''];
  return {text: left + sourceLine.slice(from, from + most) + right, column: column - from + left.length};
}
