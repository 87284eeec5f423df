// FASTA, plain or gzip, one sequence in memory at a time: a human genome is 3 GB.
import {FormatProblem, type ProblemDetail} from '../base/format-problem.ts';
import {readPieces} from './text-stream.ts';

export interface FastaSequence {
  /** Up to the first space of the header, as every aligner names it. */
  readonly name: string;
  /** Upper case letters; overwritten when the next sequence is asked for. */
  readonly sequence: Uint8Array;
  /** Of the header. */
  readonly line: number;
}

const other = 0;
const skipped = 1;
/** Byte -> upper case letter of the IUPAC nucleotide code, or `skipped`, or `other`. */
const letters = new Uint8Array(256);
for (const letter of 'ACGTUNRYSWKMBDHV') letters[letter.charCodeAt(0)] = letters[letter.toLowerCase().charCodeAt(0)] = letter.charCodeAt(0);
for (const space of ' \t\r') letters[space.charCodeAt(0)] = skipped;

const [newline, greater] = [0x0a, 0x3e];

/** In order of the file; refuses what is no FASTA, a sequence without letters, and a name that comes twice. */
export async function* readFasta(path: string): AsyncGenerator<FastaSequence> {
  const problem = (detail: ProblemDetail): never => {
    throw new FormatProblem(path, detail);
  };
  const seen = new Set<string>();
  let room = new Uint8Array(1 << 20);
  let length = 0;
  let line = 1;
  let header: {bytes: number[]; isOpen: boolean; line: number} | undefined;
  const finished = (): FastaSequence => {
    const {bytes, line: at} = header ?? problem({found: 'no sequence', expected: 'a FASTA file', advice: 'Check the file.'});
    const name = Buffer.from(bytes).toString('utf8').trim().split(/\s/, 1)[0];
    if (name === '') problem({found: 'a header without a name', expected: '> and a name', advice: 'Name the sequence.', line: at});
    if (seen.has(name)) problem({found: `${name} for the second time`, expected: 'a name for each sequence', advice: 'Rename or remove one.', line: at});
    if (length === 0) problem({found: `${name} without a sequence`, expected: 'letters below the header', advice: 'Remove the header, or add its sequence.', line: at});
    seen.add(name);
    return {name, sequence: room.subarray(0, length), line: at};
  };
  for await (const piece of readPieces(path)) {
    if (length + piece.length > room.length) {
      const larger = new Uint8Array(2 * (length + piece.length));
      larger.set(room.subarray(0, length));
      room = larger;
    }
    for (let i = 0; i < piece.length; i++) {
      // Nearly every byte of a genome passes here.
      if (header !== undefined && !header.isOpen) {
        const nCopied = copyLetters(piece, i, room, length);
        length += nCopied;
        i += nCopied;
        if (i === piece.length) break;
      }
      const byte = piece[i];
      if (header?.isOpen) {
        if (byte === newline) [header.isOpen, line] = [false, line + 1];
        else header.bytes.push(byte);
      } else if (byte === newline) {
        line++;
      } else if (byte === greater) {
        if (header !== undefined) yield finished();
        header = {bytes: [], isOpen: true, line};
        length = 0;
      } else {
        const letter = letters[byte];
        if (letter === skipped) continue;
        if (header === undefined) problem({found: JSON.stringify(piece.toString('latin1', i, i + 20)), expected: 'a FASTA file, whose first line begins with >', advice: 'Give the sequences as FASTA, plain or gzip.', line});
        if (letter === other) problem({found: `the character ${JSON.stringify(String.fromCharCode(byte))} in a sequence`, expected: 'letters of the nucleotide code', advice: 'Give nucleotides, not amino acids, without gaps.', line});
        room[length++] = letter;
      }
    }
  }
  yield finished();
}

/** As many letters as follow each other; a function of its own, since a loop inside a generator is not compiled well. */
function copyLetters(piece: Uint8Array, from: number, room: Uint8Array, to: number): number {
  let i = from;
  for (; i < piece.length; i++) {
    const letter = letters[piece[i]];
    if (letter <= skipped) break;
    room[to + i - from] = letter;
  }
  return i - from;
}
