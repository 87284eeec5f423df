// Where two plain values differ, leaf by leaf.

export interface JsonDifference {
  /** `rows[3].batch`; empty for the value itself. */
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

export function jsonDifferences(before: unknown, after: unknown, path = ''): JsonDifference[] {
  if (Array.isArray(before) && Array.isArray(after)) {
    return Array.from({length: Math.max(before.length, after.length)}, (_, at) => jsonDifferences(before[at], after[at], `${path}[${at}]`)).flat();
  }
  if (isObject(before) && isObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return keys.flatMap((key) => jsonDifferences(before[key], after[key], path === '' ? key : `${path}.${key}`));
  }
  return Object.is(before, after) ? [] : [{path, before, after}];
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);
