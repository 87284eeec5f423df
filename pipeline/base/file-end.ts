// The last bytes of a file: enough to say why a program stopped, however much it printed before.
import {appendFileSync, closeSync, existsSync, fstatSync, openSync, readSync, statSync} from 'node:fs';

/** At most `bytes` of them as text; a character that the cut divides is read as U+FFFD. */
export function readEnd(path: string, bytes: number): string {
  const handle = openSync(path, 'r');
  try {
    const {size} = fstatSync(handle);
    const buffer = Buffer.alloc(Math.min(size, bytes));
    return buffer.toString('utf8', 0, readSync(handle, buffer, 0, buffer.length, size - buffer.length));
  } finally {
    closeSync(handle);
  }
}

/** Ends a line that a full disk or a killed process left half-written, so that what is appended is read. */
export function endLastLine(path: string): void {
  if (existsSync(path) && statSync(path).size > 0 && !readEnd(path, 1).endsWith('\n')) appendFileSync(path, '\n');
}

/** The last lines of a log, at most 4,000 characters of them. A character has at most three bytes. */
export function lastLines(path: string, nLines: number): string[] {
  return readEnd(path, 12_000).slice(-4000).trimEnd().split('\n').slice(-nLines);
}
