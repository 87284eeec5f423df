// How much of a few short sequences (the transgene) also occurs in a whole transcriptome: reads from those parts fall on both and are not
// counted. Exact k-mers of both strands, found by a hash table of the short sequences over which the transcriptome passes once.
import {reverseComplement} from './splice-transcripts.ts';

/** A k-mer as two numbers: at most 16 letters in each. */
const maxK = 31;
/** Byte -> 0 to 3; 4 for what is no base. */
const codes = new Uint8Array(256).fill(4);
for (const [code, letter] of ['A', 'C', 'G', 'T'].entries()) codes[letter.charCodeAt(0)] = codes[letter.toLowerCase().charCodeAt(0)] = code;

export interface SharedBases {
  /** By base of the sequence: 1 where it lies in a k-mer that the transcriptome has. */
  readonly isShared: Uint8Array;
  /** Gene -> number of bases shared with it; most first, then by name. */
  readonly genes: readonly (readonly [gene: string, nBases: number])[];
}

export interface KmerUniqueness {
  /** Compares one transcript with every sequence but those that are named as its own. */
  readonly scan: (transcript: Uint8Array, gene: string) => void;
  /** In order of the sequences. */
  readonly shared: () => readonly SharedBases[];
}

export interface NamedSequence {
  /** Transcripts of this gene are the sequence itself. */
  readonly gene: string;
  readonly sequence: Uint8Array;
}

export function kmerUniqueness(sequences: readonly NamedSequence[], k: number): KmerUniqueness {
  if (k < 8 || k > maxK) throw new Error(`k-mers of ${k} bases`);
  const table = tableOf(sequences, k);
  // Per sequence: gene -> starts of the k-mers that it shares.
  const found = sequences.map(() => new Map<string, Uint8Array>());
  const scan = (transcript: Uint8Array, gene: string): void => {
    eachKmer(transcript, k, (low, high) => {
      for (let entry = firstEntry(table, low, high); entry >= 0; entry = table.next[entry]) {
        const owner = table.owner[entry];
        if (sequences[owner].gene === gene) continue;
        const starts = found[owner].get(gene) ?? new Uint8Array(sequences[owner].sequence.length);
        found[owner].set(gene, starts);
        starts[table.start[entry]] = 1;
      }
    });
  };
  const shared = (): SharedBases[] =>
    sequences.map(({sequence}, i) => {
      const isShared = new Uint8Array(sequence.length);
      const genes = [...found[i]].map(([gene, starts]) => {
        const covered = coveredBases(starts, k);
        for (let at = 0; at < covered.length; at++) isShared[at] |= covered[at];
        return [gene, count(covered, 0, covered.length)] as const;
      });
      return {isShared, genes: genes.sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))};
    });
  return {scan, shared};
}

/** Bases that are not shared, from `from` (0-based) to before `to`. */
export function nUnique(isShared: Uint8Array, from: number, to: number): number {
  const [first, last] = [Math.max(0, from), Math.min(isShared.length, to)];
  return last - first - count(isShared, first, last);
}

/** The longest stretch of shared bases. */
export function longestShared(isShared: Uint8Array): number {
  let [longest, run] = [0, 0];
  for (const shared of isShared) {
    run = shared === 1 ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return longest;
}

function coveredBases(starts: Uint8Array, k: number): Uint8Array {
  const covered = new Uint8Array(starts.length);
  let until = 0;
  for (let at = 0; at < starts.length; at++) {
    if (starts[at] === 1) until = at + k;
    if (at < until) covered[at] = 1;
  }
  return covered;
}

function count(flags: Uint8Array, from: number, to: number): number {
  let sum = 0;
  for (let at = from; at < to; at++) sum += flags[at];
  return sum;
}

interface KmerTable {
  /** Slot -> first entry, or -1. */
  readonly heads: Int32Array;
  readonly mask: number;
  readonly low: Uint32Array;
  readonly high: Uint32Array;
  readonly owner: Int32Array;
  readonly start: Int32Array;
  /** Entry -> next entry of the same k-mer, or -1. */
  readonly next: Int32Array;
  /** Entry -> next k-mer of the same slot, or -1. */
  readonly nextInSlot: Int32Array;
}

/** Each k-mer and its reverse complement, so that the transcriptome has to be read in one direction only. */
function tableOf(sequences: readonly NamedSequence[], k: number): KmerTable {
  const nEntries = 2 * sequences.reduce((sum, {sequence}) => sum + Math.max(0, sequence.length - k + 1), 0);
  const nSlots = 2 ** Math.ceil(Math.log2(Math.max(16, 4 * nEntries)));
  const table: KmerTable = {
    heads: new Int32Array(nSlots).fill(-1), mask: nSlots - 1, low: new Uint32Array(nEntries), high: new Uint32Array(nEntries),
    owner: new Int32Array(nEntries), start: new Int32Array(nEntries), next: new Int32Array(nEntries).fill(-1), nextInSlot: new Int32Array(nEntries).fill(-1),
  };
  let entry = 0;
  const add = (low: number, high: number, owner: number, start: number): void => {
    [table.low[entry], table.high[entry], table.owner[entry], table.start[entry]] = [low, high, owner, start];
    const same = firstEntry(table, low, high);
    if (same >= 0) {
      table.next[entry] = table.next[same];
      table.next[same] = entry;
    } else {
      const slot = slotOf(low, high, table.mask);
      table.nextInSlot[entry] = table.heads[slot];
      table.heads[slot] = entry;
    }
    entry++;
  };
  for (const [owner, {sequence}] of sequences.entries()) {
    eachKmer(sequence, k, (low, high, start) => add(low, high, owner, start));
    eachKmer(reverseComplement(sequence), k, (low, high, start) => add(low, high, owner, sequence.length - k - start));
  }
  return table;
}

function slotOf(low: number, high: number, mask: number): number {
  const mixed = Math.imul(low ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b);
  return (mixed ^ (mixed >>> 15)) & mask;
}

/** The first entry of a k-mer, or -1. */
function firstEntry({heads, mask, low, high, nextInSlot}: KmerTable, wantedLow: number, wantedHigh: number): number {
  let entry = heads[slotOf(wantedLow, wantedHigh, mask)];
  while (entry >= 0 && (low[entry] !== wantedLow || high[entry] !== wantedHigh)) entry = nextInSlot[entry];
  return entry;
}

/** `low` holds the last 16 bases, `high` those before; a k-mer with a letter that is no base is passed over. */
function eachKmer(sequence: Uint8Array, k: number, visit: (low: number, high: number, start: number) => void): void {
  const nHigh = Math.max(0, k - 16);
  const lowMask = k >= 16 ? 0xffffffff : 4 ** k - 1;
  const highMask = 4 ** nHigh - 1;
  let [low, high, nGood] = [0, 0, 0];
  for (let at = 0; at < sequence.length; at++) {
    const code = codes[sequence[at]];
    if (code === 4) {
      nGood = 0;
      continue;
    }
    high = ((high << 2) | (low >>> 30)) & highMask;
    low = (((low << 2) | code) & lowMask) >>> 0;
    if (++nGood >= k) visit(low, high >>> 0, at - k + 1);
  }
}
