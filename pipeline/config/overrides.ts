// --set PATH=VALUE: changes one value of the run file. The value is YAML.
import {locate, type Location} from '../base/located-text.ts';
import type {Failure} from '../model/failure.ts';

export interface Override {
  /** As typed. */
  readonly text: string;
  readonly keys: readonly string[];
  readonly value: unknown;
}

/** All that are well formed, and a failure for each that is not. */
export async function parseOverrides(texts: readonly string[]): Promise<{overrides: readonly Override[]; failures: readonly Failure[]}> {
  const overrides: Override[] = [];
  const failures: Failure[] = [];
  if (texts.length === 0) return {overrides, failures};
  const {parseDocument} = await import('yaml');
  for (const text of texts) {
    const at = text.indexOf('=');
    const keys = text.slice(0, at).split('.');
    if (at < 0 || keys.some((key) => key === '')) {
      failures.push({reason: 'config-invalid', place: locate('--set', text, 0, text.length), found: JSON.stringify(text), expected: 'PATH=VALUE', advice: 'For example steps.qc.min_genes=300.'});
      continue;
    }
    const document = parseDocument(text.slice(at + 1), {prettyErrors: false});
    const [error] = document.errors;
    if (error === undefined) overrides.push({text, keys, value: document.toJS()});
    else failures.push({reason: 'config-invalid', place: locate('--set', text, at + 1, text.length), found: `the value is no YAML (${error.message})`, expected: '', advice: ''});
  }
  return {overrides, failures};
}

export function applyOverrides(values: Record<string, unknown>, overrides: readonly Override[]): readonly Failure[] {
  return overrides.flatMap((override): Failure[] => {
    let target: unknown = values;
    for (const [depth, key] of override.keys.entries()) {
      const stuck = whyStuck(target, key);
      if (stuck !== undefined) {
        const before = override.keys.slice(0, depth).join('.');
        return [{reason: 'config-invalid', place: placeOfOverride(override, depth), found: `${before} ${stuck}`, expected: '', advice: ''}];
      }
      const holder = target as Record<string, unknown>;
      if (depth === override.keys.length - 1) holder[key] = override.value;
      else if (!Object.hasOwn(holder, key) || holder[key] === null) holder[key] = {};
      target = holder[key];
    }
    return [];
  });
}

function whyStuck(target: unknown, key: string): string | undefined {
  if (Array.isArray(target)) return /^\d+$/.test(key) && Number(key) <= target.length ? undefined : `is a list of ${target.length}; ${JSON.stringify(key)} is none of its places (0 is the first)`;
  return typeof target === 'object' && target !== null ? undefined : `is ${JSON.stringify(target)}, which holds no key ${JSON.stringify(key)}`;
}

/** The place of a value that an override gave (or of a key on its way), as the last such override was typed. */
export function overriddenPlace(overrides: readonly Override[], path: readonly (string | number)[], ask: {at: 'key' | 'value'; isInFile: boolean}): Location | undefined {
  const keys = path.map(String);
  const last = overrides.findLast((one) => one.keys.length <= keys.length && one.keys.every((key, i) => key === keys[i]));
  if (last !== undefined && !(ask.at === 'key' && ask.isInFile)) return keys.length === last.keys.length && ask.at === 'value' ? valuePlace(last) : placeOfOverride(last, last.keys.length - 1);
  if (ask.isInFile) return undefined;
  const through = overrides.findLast((one) => keys.every((key, i) => key === one.keys[i]));
  return through === undefined ? undefined : placeOfOverride(through, keys.length - 1);
}

function valuePlace({text}: Override): Location {
  const at = text.indexOf('=') + 1;
  return locate('--set', text, Math.min(at, text.length - 1), text.length);
}

function placeOfOverride({text, keys}: Override, depth: number): Location {
  const before = keys.slice(0, depth).join('.').length;
  return locate('--set', text, depth === 0 ? 0 : before + 1, keys[depth].length);
}
