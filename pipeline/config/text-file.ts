// A text file as it lies on disk: its text, or why it is none, at the first byte that is not UTF-8.
import {isUtf8} from 'node:buffer';
import {readFileSync} from 'node:fs';
import {locate} from '../base/located-text.ts';
import {failed, succeeded, type Result} from '../base/result.ts';
import type {Failure} from '../model/failure.ts';

export interface NotText {
  /** The bytes read as well as they can be. */
  readonly text: string;
  readonly offset: number;
  readonly found: string;
  readonly advice: string;
}

export type TextFile = {readonly kind: 'text'; readonly text: string} | {readonly kind: 'not-text'; readonly notText: NotText} | {readonly kind: 'unreadable'; readonly code: string};

/** Without a byte order mark. */
export function readTextFile(file: string): TextFile {
  try {
    return decode(readFileSync(file));
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return {kind: 'unreadable', code};
  }
}

/** A file that only YAML is expected in; `askedBy` names who wants it. */
export function readYamlText(file: string, ask: {reason: 'config-invalid' | 'step-contract-invalid'; askedBy: string}): Result<string, readonly Failure[]> {
  const read = readTextFile(file);
  switch (read.kind) {
    case 'text':
      return succeeded(read.text);
    case 'not-text': {
      const {text, offset, found, advice} = read.notText;
      return failed([{reason: ask.reason, place: locate(file, text, offset, 1), found, expected: 'UTF-8 text', advice}]);
    }
    case 'unreadable':
      return failed([read.code === 'ENOENT' ? {reason: 'file-missing', path: file, askedBy: ask.askedBy} : {reason: 'file-unreadable', path: file, askedBy: ask.askedBy, code: read.code}]);
  }
}

function decode(bytes: Buffer): TextFile {
  const container = containerOf(bytes);
  if (container !== undefined) return {kind: 'not-text', notText: {text: '', offset: 0, ...container}};
  const whole = bytes.toString('utf8');
  const text = whole.replace(/^\uFEFF/, '');
  if (isUtf8(bytes)) return {kind: 'text', text};
  const {offset, byte} = firstStray(bytes);
  const found = `a byte that is not UTF-8 (0x${byte.toString(16).toUpperCase().padStart(2, '0')})`;
  return {kind: 'not-text', notText: {text, offset: offset - (whole.length - text.length), found, advice: 'Save the file as UTF-8 (in Excel: "CSV UTF-8").'}};
}

function containerOf(bytes: Buffer): {found: string; advice: string} | undefined {
  const start = bytes.toString('latin1', 0, 2);
  if (start === 'PK') return {found: 'an Excel workbook or a zip archive', advice: 'Export the sheet as "CSV UTF-8".'};
  if (start === '\x1f\x8b') return {found: 'a gzip archive', advice: 'Decompress it with gunzip.'};
  if (start === '\xff\xfe' || start === '\xfe\xff') return {found: 'UTF-16 text', advice: 'Save the file as UTF-8 (in Excel: "CSV UTF-8").'};
  return undefined;
}

/** Line by line, since a line break is never part of a longer character. The offset counts characters of the decoded text. */
function firstStray(bytes: Buffer): {offset: number; byte: number} {
  let offset = 0;
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline < 0 ? bytes.length : newline + 1;
    const line = bytes.subarray(start, end);
    const text = line.toString('utf8');
    if (!isUtf8(line)) {
      // A replacement character that stands for one byte, not the character U+FFFD itself.
      for (let at = text.indexOf('\uFFFD'); at >= 0; at = text.indexOf('\uFFFD', at + 1)) {
        const byte = Buffer.byteLength(text.slice(0, at));
        if (line.toString('latin1', byte, byte + 3) !== '\xef\xbf\xbd') return {offset: offset + at, byte: line[byte]};
      }
    }
    offset += text.length;
    start = end;
  }
  throw new Error('every line is UTF-8, the whole is not');
}
