// The files of ours that a step's run.ts reaches by static imports, so that a changed formula changes the fingerprint.
import {existsSync, readFileSync} from 'node:fs';
import {dirname, resolve} from 'node:path';

/** Absolute paths, sorted, the entry included. Pass one `memo` a plan: it maps a file to its direct imports. */
export function reachedSources(entry: string, memo: Map<string, readonly string[]> = new Map()): string[] {
  const reached = new Set<string>();
  const waiting = [resolve(entry)];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (reached.has(file) || !existsSync(file)) continue;
    reached.add(file);
    if (!memo.has(file)) memo.set(file, directImports(file));
    waiting.push(...(memo.get(file) ?? []));
  }
  return [...reached].sort();
}

function directImports(file: string): string[] {
  const found = readFileSync(file, 'utf8').matchAll(/(?:\bfrom|\bimport\s*\(|\bimport)\s*['"](\.[^'"]+)['"]/g);
  return [...found].map((match) => resolve(dirname(file), match[1]));
}
