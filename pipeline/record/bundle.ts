// What a bundle is: a study folder with its results, sealed by bundle.json. The only file that spells a path inside a bundle.
import {createHash} from 'node:crypto';
import {existsSync, readFileSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {digestFile} from '../base/digest.ts';
import {failed, succeeded, type Result} from '../base/result.ts';
import type {InputSource} from '../model/plan.ts';
import {filesIn} from './digest-memo.ts';
import type {OutputDigest} from './job-record.ts';
import type {ManifestDifference, ManifestEntry} from './publish-results.ts';
import {folderName} from './run-directory.ts';
import {visitZip} from './zip-file.ts';

export const bundleFormat = 'lymphline-bundle-1';

export const bundleNames = {
  /** The seal: every other file with its digest, and every input. */
  seal: 'bundle.json',
  runFile: 'run.yaml',
  samples: 'samples.tsv',
  run: 'run.json',
  plan: 'plan.json',
  crate: 'ro-crate-metadata.json',
  citation: 'CITATION.cff',
  results: 'results',
  manifest: 'results/manifest.json',
  result: (path: string) => `results/${path}`,
  /** Content decides where an input lies; its own name stays, since some tools read it. */
  input: (digest: string, name: string) => `inputs/${digest.slice(0, 12)}/${name}`,
  output: (jobId: string, file: string) => {
    const slash = jobId.indexOf('/');
    return `jobs/${jobId.slice(0, slash)}/${folderName(jobId.slice(slash + 1))}/${file}`;
  },
} as const;

/** A file, or a folder with its files. */
export interface BundleInput extends OutputDigest {
  /** Inside the bundle, whether it is there or not. */
  readonly path: string;
  readonly members?: readonly ManifestEntry[];
  readonly isBundled: boolean;
}

export interface BundleSeal {
  readonly format: typeof bundleFormat;
  readonly name: string;
  readonly version: string;
  readonly inputs: readonly BundleInput[];
  readonly files: readonly ManifestEntry[];
}

/** A source file of the run has the path of its input in the bundle. */
export interface BundledJob {
  readonly id: string;
  readonly step: string;
  readonly unit: {readonly kind: string; readonly id: string};
  readonly inputs: Readonly<Record<string, readonly InputSource[]>>;
  readonly hash: string;
  readonly fingerprint: unknown;
  /** `file`: where it lies in the bundle; absent where it was left out. */
  readonly outputs: Readonly<Record<string, OutputDigest & {readonly file?: string}>>;
}

/** What a step's source was, so that what changed in it can be named. */
export interface StepSource {
  readonly digest: string;
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly files: readonly (readonly [path: string, digest: string])[];
}

export interface BundledRun {
  readonly steps: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly versions: Readonly<Record<string, string>>;
  readonly images: Readonly<Record<string, string>>;
  readonly programs: Readonly<Record<string, string>>;
  readonly sources: Readonly<Record<string, StepSource>>;
}

export interface Bundle {
  readonly folder: string;
  readonly seal: BundleSeal;
  readonly run: BundledRun;
  readonly jobs: readonly BundledJob[];
}

/** The error is what is wrong with it, in words. */
export function readBundle(folder: string): Result<Bundle, string> {
  const read = (name: string): Result<unknown, string> => {
    try {
      return parsed(name, readFileSync(join(folder, name), 'utf8'));
    } catch {
      return failed(`it has no ${name}`);
    }
  };
  const seal = read(bundleNames.seal);
  const sound = seal.ok ? soundSeal(seal.value) : seal;
  const [run, plan] = [read(bundleNames.run), read(bundleNames.plan)];
  if (!sound.ok) return sound;
  if (!run.ok) return run;
  if (!plan.ok) return plan;
  if (!existsSync(join(folder, bundleNames.runFile))) return failed(`it has no ${bundleNames.runFile}`);
  return succeeded({folder, seal: sound.value, run: run.value as BundledRun, jobs: (plan.value as {jobs: BundledJob[]}).jobs});
}

/** `text`: the content of bundle.json. */
export function parseSeal(text: string): Result<BundleSeal, string> {
  const seal = parsed(bundleNames.seal, text);
  return seal.ok ? soundSeal(seal.value) : seal;
}

function parsed(name: string, text: string): Result<unknown, string> {
  try {
    return succeeded(JSON.parse(text) as unknown);
  } catch (error) {
    return failed(`its ${name} cannot be read (${(error as Error).message})`);
  }
}

function soundSeal(value: unknown): Result<BundleSeal, string> {
  const seal = value as Partial<BundleSeal> | null;
  if (seal?.format !== bundleFormat) return failed(`its ${bundleNames.seal} has the format ${JSON.stringify(seal?.format ?? null)}, expected ${JSON.stringify(bundleFormat)}`);
  return Array.isArray(seal.files) && Array.isArray(seal.inputs) ? succeeded(seal as BundleSeal) : failed(`its ${bundleNames.seal} lists no files`);
}

/** What is there: path -> size and digest. */
export type FoundFiles = ReadonlyMap<string, {readonly bytes: number; readonly sha256: string}>;

/** Every byte is read. */
export async function filesOfFolder(folder: string): Promise<FoundFiles> {
  const found = new Map<string, {bytes: number; sha256: string}>();
  for (const path of filesIn(folder)) found.set(path, {bytes: statSync(join(folder, path)).size, sha256: await digestFile(join(folder, path))});
  return found;
}

/** Without unpacking; with the text of bundle.json, where there is one. */
export async function filesOfZip(path: string): Promise<Result<{readonly files: FoundFiles; readonly seal: string | undefined}, string>> {
  const files = new Map<string, {bytes: number; sha256: string}>();
  let seal: string | undefined;
  const read = await visitZip(path, async (name, content) => {
    const hash = createHash('sha256');
    const kept: Buffer[] = [];
    let bytes = 0;
    for await (const block of content as AsyncIterable<Buffer>) {
      hash.update(block);
      bytes += block.length;
      if (name === bundleNames.seal) kept.push(block);
    }
    files.set(name, {bytes, sha256: hash.digest('hex')});
    if (name === bundleNames.seal) seal = Buffer.concat(kept).toString('utf8');
  });
  return read.ok ? succeeded({files, seal}) : read;
}

/** Files that the seal does not know are extra. */
export function compareWithSeal(seal: BundleSeal, found: FoundFiles): ManifestDifference[] {
  const known = new Set([bundleNames.seal, ...seal.files.map((entry) => entry.path)]);
  const listed = seal.files.flatMap(({path, bytes, sha256}): ManifestDifference[] => {
    const file = found.get(path);
    if (file === undefined) return [{path, kind: 'missing'}];
    return file.bytes === bytes && file.sha256 === sha256 ? [] : [{path, kind: 'differs'}];
  });
  return [...listed, ...[...found.keys()].filter((path) => !known.has(path)).map((path): ManifestDifference => ({path, kind: 'extra'}))];
}
