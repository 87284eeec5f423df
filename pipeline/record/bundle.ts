// What a bundle is: a study folder with its results, sealed by bundle.json. The only file that spells a path inside a bundle.
import {readFileSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {failed, succeeded, type Result} from '../base/result.ts';
import type {InputSource} from '../model/plan.ts';
import {filesIn} from './digest-memo.ts';
import type {OutputDigest} from './job-record.ts';
import type {ManifestDifference, ManifestEntry} from './publish-results.ts';
import {folderName} from './run-directory.ts';

export const bundleFormat = 'lymphline-bundle-1';

export const bundleNames = {
  /** The seal: every other file with its digest, and every input. */
  seal: 'bundle.json',
  runFile: 'run.yaml',
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
  const read = <T>(name: string): T => JSON.parse(readFileSync(join(folder, name), 'utf8')) as T;
  let name: string = bundleNames.seal;
  try {
    const seal = read<BundleSeal>(name);
    if (seal.format !== bundleFormat) return failed(`its ${name} has the format ${JSON.stringify(seal.format ?? null)}, expected ${JSON.stringify(bundleFormat)}`);
    name = bundleNames.run;
    const run = read<BundledRun>(name);
    name = bundleNames.plan;
    return succeeded({folder, seal, run, jobs: read<{jobs: BundledJob[]}>(name).jobs});
  } catch (error) {
    const {code, message} = error as NodeJS.ErrnoException;
    return failed(code === 'ENOENT' ? `it has no ${name}` : `its ${name} cannot be read (${message})`);
  }
}

/** Every byte is read; files that the seal does not know are extra. */
export async function compareWithSeal({folder, seal}: Bundle, digest: (path: string) => Promise<string>): Promise<ManifestDifference[]> {
  const differences: ManifestDifference[] = [];
  for (const {path, bytes, sha256} of seal.files) {
    const stat = statSync(join(folder, path), {throwIfNoEntry: false});
    if (stat === undefined) differences.push({path, kind: 'missing'});
    else if (stat.size !== bytes || (await digest(join(folder, path))) !== sha256) differences.push({path, kind: 'differs'});
  }
  const known = new Set([bundleNames.seal, ...seal.files.map((entry) => entry.path)]);
  for (const path of filesIn(folder)) if (!known.has(path)) differences.push({path, kind: 'extra'});
  return differences;
}
