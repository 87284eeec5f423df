// Records of delimited text (RFC 4180): quotes over several lines, CRLF, byte order mark. Knows where each cell stands, not what it means.

export interface DelimitedRecord {
  readonly cells: readonly string[];
  /** Where each cell starts in the text, at its quote where it has one. */
  readonly offsets: readonly number[];
  /** Behind the last cell. */
  readonly end: number;
  /** 1-based line on which the record starts. */
  readonly line: number;
  /** The last cell's quote is never closed; the record reaches to the end of the text. */
  readonly isUnclosed: boolean;
}

export type Separator = '\t' | ',';

/** A tab if the first line that is not empty has one, else a comma. */
export function separatorOf(text: string): Separator {
  return /^\uFEFF?[\r\n]*[^\r\n]*\t/.test(text) ? '\t' : ',';
}

/** Empty lines give no record. A quote inside an unquoted cell is a character like any other. */
export function* delimitedRecords(text: string, separator: Separator): Generator<DelimitedRecord, void> {
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  let line = 1;
  while (at < text.length) {
    const record = readRecord({text, separator, start: at, line});
    if (record.cells.length > 1 || record.cells[0] !== '' || record.isUnclosed) yield record;
    for (let i = text.indexOf('\n', at); i >= 0 && i < record.end; i = text.indexOf('\n', i + 1)) line++;
    line++;
    at = text.startsWith('\r\n', record.end) ? record.end + 2 : record.end + 1;
  }
}

function readRecord(ask: {text: string; separator: Separator; start: number; line: number}): DelimitedRecord {
  const {text, separator, start, line} = ask;
  const plain = readPlain(ask);
  if (plain !== undefined) return plain;
  const cells: string[] = [];
  const offsets: number[] = [];
  for (let at = start; ; at++) {
    offsets.push(at);
    const quoted = text[at] === '"' ? readQuoted(text, at) : undefined;
    if (quoted !== undefined && !quoted.isClosed) return {cells: [...cells, quoted.cell], offsets, end: text.length, line, isUnclosed: true};
    const from = quoted?.end ?? at;
    let to = from;
    while (to < text.length && text[to] !== separator && text[to] !== '\n') to++;
    const isLast = to >= text.length || text[to] === '\n';
    // The CR of a CRLF belongs to the line's end.
    const end = isLast && to > from && text[to - 1] === '\r' ? to - 1 : to;
    cells.push((quoted?.cell ?? '') + text.slice(from, end));
    if (isLast) return {cells, offsets, end, line, isUnclosed: false};
    at = to;
  }
}

/** A line without any quote: most lines of most files, and many times faster than character by character. */
function readPlain({text, separator, start, line}: {text: string; separator: Separator; start: number; line: number}): DelimitedRecord | undefined {
  const newline = text.indexOf('\n', start);
  const stop = newline < 0 ? text.length : newline;
  const end = newline > start && text[newline - 1] === '\r' ? newline - 1 : stop;
  const content = text.slice(start, end);
  if (content.includes('"')) return undefined;
  const cells = content.split(separator);
  const offsets = new Array<number>(cells.length);
  for (let k = 0, at = start; k < cells.length; at += cells[k].length + 1, k++) offsets[k] = at;
  return {cells, offsets, end, line, isUnclosed: false};
}

/** A doubled quote is a quote. `end` is behind the closing one. */
function readQuoted(text: string, start: number): {cell: string; end: number; isClosed: boolean} {
  let cell = '';
  for (let at = start + 1; ; ) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return {cell: cell + text.slice(at), end: text.length, isClosed: false};
    cell += text.slice(at, quote);
    if (text[quote + 1] !== '"') return {cell, end: quote + 1, isClosed: true};
    cell += '"';
    at = quote + 2;
  }
}
