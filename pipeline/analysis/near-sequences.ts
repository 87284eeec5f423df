// Pairs of sequences within a distance, found without comparing all with all: equal pieces first (pigeonhole), then the distance itself.

export type SequenceMetric = 'hamming' | 'levenshtein';

/** Below this many sequences comparing all pairs costs less than cutting them up. */
const fewSequences = 200;

export interface NearPairs {
  readonly maxDistance: number;
  /** Hamming compares sequences of one length. */
  readonly metric: SequenceMetric;
  /** Pairs that need no visit, asked before their distance is taken: most pairs of a large family are joined long since. With a-b and b-c, a-c is settled too. */
  readonly isSettled?: (a: number, b: number) => boolean;
  readonly visit: (a: number, b: number) => void;
}

/** Visits every pair of distinct positions within `maxDistance` that is not settled, at least once each, in no order. */
export function eachNearPair(sequences: readonly string[], near: NearPairs): void {
  if (near.metric === 'levenshtein') return eachNearEdit(sequences, near);
  for (const own of groupByLength(sequences).values()) eachNearHamming(sequences, own, near);
}

function eachNearHamming(sequences: readonly string[], own: readonly number[], {maxDistance, isSettled = () => false, visit}: NearPairs): void {
  if (own.length < 2) return;
  const {words, nWords} = pack(own.map((index) => sequences[index]));
  const isNear = words === null
    ? (i: number, j: number): boolean => hammingDistance(sequences[own[i]], sequences[own[j]], maxDistance) <= maxDistance
    : (i: number, j: number): boolean => packedDistance(words, i * nWords, j * nWords, nWords) <= maxDistance;
  const length = sequences[own[0]].length;
  const pairs: Pairs = {isNear, isSettled: (i, j) => isSettled(own[i], own[j]), visit: (i, j) => visit(own[i], own[j])};
  if (own.length < fewSequences || length <= maxDistance) return visitWithin(own.keys(), pairs);
  // At most maxDistance of maxDistance + 1 pieces can hold a difference, so near sequences agree in one piece at least.
  for (const [from, to] of pieces(length, maxDistance + 1)) {
    for (const bucket of groupBy(own.length, (i) => sequences[own[i]].slice(from, to)).values()) {
      if (bucket.length > 1) visitWithin(bucket, pairs);
    }
  }
}

interface Pairs {
  readonly isNear: (i: number, j: number) => boolean;
  readonly isSettled: (i: number, j: number) => boolean;
  readonly visit: (i: number, j: number) => void;
}

/** Each item meets the groups of those before it, and a group only until it is settled with it: a family of thousands costs few distances an item. */
function visitWithin(items: Iterable<number>, {isNear, isSettled, visit}: Pairs): void {
  let groups: number[][] = [];
  for (const item of items) {
    let own: number[] | undefined;
    const emptied = new Set<number[]>();
    for (const group of groups) {
      let isJoined = isSettled(group[0], item);
      for (let k = 0; k < group.length && !isJoined; k++) {
        if (!isNear(group[k], item)) continue;
        visit(group[k], item);
        isJoined = isSettled(group[k], item);
      }
      if (!isJoined) continue;
      if (own === undefined) own = group;
      else {
        for (const other of group) own.push(other);
        emptied.add(group);
      }
    }
    if (own === undefined) groups.push([item]);
    else own.push(item);
    if (emptied.size > 0) groups = groups.filter((group) => !emptied.has(group));
  }
}

/** As above, the piece shifted by up to maxDistance in the other sequence, which may be that much longer or shorter (Li et al. 2011, Pass-Join). */
function eachNearEdit(sequences: readonly string[], {maxDistance, isSettled = () => false, visit}: NearPairs): void {
  const byLength = groupByLength(sequences);
  const lengths = [...byLength.keys()].sort((a, b) => a - b);
  const indexOf = new Map(lengths.map((length) => [length, pieces(length, maxDistance + 1).map(([from, to]) => ({
    from, size: to - from, at: groupByText(byLength.get(length)!, (index) => sequences[index].slice(from, to)),
  }))]));
  for (const [index, sequence] of sequences.entries()) {
    for (let length = sequence.length - maxDistance; length <= sequence.length; length++) {
      const tried = new Set<number>();
      for (const {from, size, at} of indexOf.get(length) ?? []) {
        for (let shift = -maxDistance; shift <= maxDistance; shift++) {
          if (from + shift < 0 || from + shift + size > sequence.length) continue;
          for (const other of at.get(sequence.slice(from + shift, from + shift + size)) ?? []) {
            if (other === index || (length === sequence.length && other > index) || tried.has(other) || isSettled(other, index)) continue;
            tried.add(other);
            if (editDistance(sequence, sequences[other], maxDistance) <= maxDistance) visit(other, index);
          }
        }
      }
    }
  }
}

/** Positions that differ; counting stops above `limit`. Equal lengths. */
export function hammingDistance(a: string, b: string, limit = Infinity): number {
  let distance = 0;
  for (let i = 0; i < a.length; i++) if (a.charCodeAt(i) !== b.charCodeAt(i) && ++distance > limit) break;
  return distance;
}

/** Substitutions, insertions and deletions (Levenshtein 1966); `limit` + 1 stands for more. */
export function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let previous = Array.from({length: b.length + 1}, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = new Array<number>(b.length + 1).fill(limit + 1);
    if (i <= limit) current[0] = i;
    let least = current[0];
    for (let j = Math.max(1, i - limit); j <= Math.min(b.length, i + limit); j++) {
      current[j] = Math.min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (a.charCodeAt(i - 1) === b.charCodeAt(j - 1) ? 0 : 1));
      least = Math.min(least, current[j]);
    }
    if (least > limit) return limit + 1;
    previous = current;
  }
  return Math.min(previous[b.length], limit + 1);
}

/** Two bits a nucleotide, sixteen a word, so that one XOR compares sixteen; null where a letter is none of ACGT. */
function pack(sequences: readonly string[]): {words: Int32Array | null; nWords: number} {
  const nWords = Math.ceil(sequences[0].length / 16);
  const words = new Int32Array(sequences.length * nWords);
  for (const [index, sequence] of sequences.entries()) {
    for (let i = 0; i < sequence.length; i++) {
      const code = 'ACGT'.indexOf(sequence[i]);
      if (code < 0) return {words: null, nWords};
      words[index * nWords + (i >> 4)] |= code << ((i & 15) * 2);
    }
  }
  return {words, nWords};
}

function packedDistance(words: Int32Array, a: number, b: number, nWords: number): number {
  let distance = 0;
  for (let k = 0; k < nWords; k++) {
    const different = words[a + k] ^ words[b + k];
    let bits = (different | (different >>> 1)) & 0x55555555;
    bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
    bits = (bits + (bits >>> 4)) & 0x0f0f0f0f;
    distance += Math.imul(bits, 0x01010101) >>> 24;
  }
  return distance;
}

function pieces(length: number, nPieces: number): [number, number][] {
  return Array.from({length: nPieces}, (_, k) => [Math.floor((k * length) / nPieces), Math.floor(((k + 1) * length) / nPieces)]);
}

function groupByLength(sequences: readonly string[]): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  for (const [index, {length}] of sequences.entries()) {
    const group = groups.get(length);
    if (group === undefined) groups.set(length, [index]);
    else group.push(index);
  }
  return groups;
}

function groupBy(n: number, keyOf: (index: number) => string): Map<string, number[]> {
  return groupByText(Array.from({length: n}, (_, index) => index), keyOf);
}

function groupByText(indices: readonly number[], keyOf: (index: number) => string): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (const index of indices) {
    const key = keyOf(index);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [index]);
    else group.push(index);
  }
  return groups;
}
