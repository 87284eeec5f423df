// Does the reference hold what `car.features` names? A misspelt name is told by call-car too, but only when everything has been aligned.
import {existsSync, readFileSync} from 'node:fs';
import {gunzipSync} from 'node:zlib';
import {didYouMean} from '../base/closest-name.ts';
import type {RunConfig} from '../model/run-config.ts';
import type {Warning} from '../model/warning.ts';
import {findPath, type PathSetting} from './expand-path.ts';

/** Only warnings: a library that comes as a matrix may have other rows. */
export function checkTransgeneNames(values: RunConfig['values'], paths: PathSetting): Warning[] {
  const features = textsOf((values['car'] as Record<string, unknown> | undefined)?.['features']);
  const reference = values['reference'] as Record<string, unknown> | undefined;
  const extra = textsOf(reference?.['extra']);
  if (features.length === 0 || extra.length === 0) return [];
  const names = [
    ...extra.flatMap((file) => matches(textOf(file, paths), /^>\s*(\S+)/gm)),
    ...textsOf(reference?.['extra_genes']).flatMap((file) => matches(textOf(file, paths), /gene_(?:id|name) "([^"]+)"/g)),
  ];
  if (names.length === 0) return [];
  const there = [...new Set(names)];
  const listed = `${there.slice(0, 5).join(', ')}${there.length > 5 ? ', …' : ''}`;
  return features.filter((feature) => !there.includes(feature)).map((feature) => ({
    text: `car.features names ${feature}, which is no sequence of reference.extra and no gene of reference.extra_genes (${listed}). ${didYouMean(feature, there)}`.trim(),
  }));
}

const textsOf = (value: unknown): string[] => (Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []);
const matches = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, name]) => name);

/** '' where it cannot be read: that is told elsewhere. */
function textOf(file: string, paths: PathSetting): string {
  const {path, problem} = findPath(file, paths);
  if (problem !== undefined || !existsSync(path)) return '';
  try {
    const bytes = readFileSync(path);
    return (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('latin1');
  } catch {
    return '';
  }
}
