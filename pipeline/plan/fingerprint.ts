// What a job's result depends on, as JSON, so that two can be subtracted. Never mtime, host, user, output path, cpus or memory.
import {canonicalJson, digestText} from '../base/digest.ts';
import type {StepContract} from '../model/step-contract.ts';

export interface Fingerprint {
  readonly kind: 'lymphline-job-1';
  readonly contract: string;
  /** The step's folder and the project files it reaches. */
  readonly source: string;
  readonly image: string;
  /** Content digests by input, in the order the step is given them. */
  readonly inputs: Readonly<Record<string, readonly string[]>>;
  readonly params: Readonly<Record<string, unknown>>;
  readonly config: Readonly<Record<string, unknown>>;
  readonly design: unknown;
  /** Only where the step is seeded. */
  readonly seed?: number;
}

export interface FingerprintFacts {
  readonly step: StepContract;
  readonly source: string;
  readonly image: string;
  readonly inputs: Fingerprint['inputs'];
  readonly params: Readonly<Record<string, unknown>>;
  readonly config: Readonly<Record<string, unknown>>;
  readonly design: unknown;
  readonly seed: number;
}

export function makeFingerprint(facts: FingerprintFacts): Fingerprint {
  const {step} = facts;
  // What the step is given and asked for. Resources change when a job ends, never what it gives; parameters count by their values.
  const {name, per, inputs, config, design, container, command, determinism} = step;
  const outputs = Object.fromEntries(Object.entries(step.outputs).map(([output, {tolerance: _judged, ...rest}]) => [output, rest]));
  const contract = {name, per, inputs: Object.keys(inputs), outputs, config, design, container, command, determinism};
  return {
    kind: 'lymphline-job-1',
    contract: digestText(canonicalJson(contract)),
    source: facts.source,
    image: facts.image,
    inputs: facts.inputs,
    params: usedParams(step, facts.params),
    config: Object.fromEntries((step.config ?? []).map((key) => [key, facts.config[key] ?? null])),
    design: facts.design,
    ...(step.seeded ? {seed: facts.seed} : {}),
  };
}

export function digestFingerprint(fingerprint: Fingerprint): string {
  return digestText(canonicalJson(fingerprint));
}

/** The parameters that count: those whose `used_when` holds. */
export function usedParams(step: StepContract, params: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const holds = ([name]: [string, unknown]): boolean =>
    Object.entries(step.params[name]?.used_when ?? {}).every(([other, value]) =>
      [value].flat().some((one) => canonicalJson(one) === canonicalJson(params[other])),
    );
  return Object.fromEntries(Object.entries(params).filter(holds));
}

/** One sentence a difference; none where the two are equal. */
export function differenceInWords(old: Fingerprint, now: Fingerprint): string[] {
  const words: string[] = [];
  if (old.kind !== now.kind) words.push('the fingerprint has a new format.');
  if (old.contract !== now.contract) words.push('the step contract changed.');
  if (old.source !== now.source) words.push('the source of the step changed.');
  if (old.image !== now.image) words.push(`the image changed from ${old.image} to ${now.image}.`);
  words.push(...changedKeys(old.inputs, now.inputs).map((key) => `the content of input ${key} changed.`));
  for (const [what, before, after] of [['parameter', old.params, now.params], ['run file key', old.config, now.config]] as const) {
    words.push(...changedKeys(before, after).flatMap((key) => changedLeaves(key, before[key], after[key])).map(([key, from, to]) => `${what} ${key} changed from ${shown(from)} to ${shown(to)}.`));
  }
  if (canonicalJson(old.design) !== canonicalJson(now.design)) words.push('the sheet rows or the design changed.');
  if (old.seed !== now.seed) words.push(`the seed changed from ${shown(old.seed)} to ${shown(now.seed)}.`);
  return words;
}

const shown = (value: unknown): string => (value === undefined ? 'unset' : canonicalJson(value));

/** Of two mappings the entries that differ, by their path; a mapping is long, and what changed in it is short. */
function changedLeaves(path: string, from: unknown, to: unknown): (readonly [string, unknown, unknown])[] {
  if (!isMapping(from) || !isMapping(to)) return [[path, from, to]];
  return changedKeys(from, to).flatMap((key) => changedLeaves(`${path}.${key}`, from[key], to[key]));
}

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);

function changedKeys(old: Readonly<Record<string, unknown>>, now: Readonly<Record<string, unknown>>): string[] {
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].sort().filter((key) => shown(old[key]) !== shown(now[key]));
}
