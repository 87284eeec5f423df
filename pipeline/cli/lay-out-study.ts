// A bundle (zip or folder) laid out as a study that can run: unpacked into an empty folder, every input at its place, an empty stand-in where one is
// not at hand.
import {constants, copyFileSync, existsSync, linkSync, mkdirSync, realpathSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import {canonicalJson, digestFile, digestText} from '../base/digest.ts';
import {failed, succeeded, type Result} from '../base/result.ts';
import {bundleNames, compareWithSeal, filesOfFolder, readBundle, type Bundle, type BundleInput} from '../record/bundle.ts';
import {filesIn, filesSeenIn} from '../record/digest-memo.ts';
import type {ManifestDifference} from '../record/publish-results.ts';
import {unpackZip} from '../record/zip-file.ts';

export interface FoundInput {
  /** In the bundle. */
  readonly path: string;
  /** `changed`: a file of its name, with other bytes. */
  readonly status: 'bundled' | 'found' | 'changed' | 'missing';
  readonly words: string;
}

export interface Study {
  readonly bundle: Bundle;
  /** sha256 of bundle.json. */
  readonly seal: string;
  readonly unsealed: readonly ManifestDifference[];
  readonly inputs: readonly FoundInput[];
}

/** `folder` is empty. The error is what is wrong with the bundle, in words. */
export async function openBundle(path: string, folder: string): Promise<Result<Pick<Study, 'bundle' | 'seal' | 'unsealed'>, string>> {
  if (statSync(path).isDirectory()) for (const name of filesIn(path)) copyOf(join(path, name), join(folder, name));
  else {
    const unpacked = await unpackZip(path, folder);
    if (!unpacked.ok) return unpacked;
  }
  const bundle = readBundle(folder);
  if (!bundle.ok) return failed(bundle.error);
  return succeeded({bundle: bundle.value, seal: await digestFile(join(folder, bundleNames.seal)), unsealed: compareWithSeal(bundle.value.seal, await filesOfFolder(folder))});
}

/** Fills in what the bundle lacks from `folder`, by digest; a file of the same name with other bytes is taken too, and told. */
export async function layInputs({bundle, unsealed}: Pick<Study, 'bundle' | 'unsealed'>, folder: string | undefined): Promise<FoundInput[]> {
  const candidates = folder === undefined ? [] : filesBelow(folder);
  const found: FoundInput[] = [];
  for (const input of bundle.seal.inputs) found.push(await layInput(input, {bundle, unsealed, candidates}));
  return found;
}

/** A file below --inputs, read once at most. */
interface Candidate {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: () => Promise<string>;
}

interface Search {
  readonly bundle: Bundle;
  readonly unsealed: readonly ManifestDifference[];
  readonly candidates: readonly Candidate[];
}

async function layInput(input: BundleInput, search: Search): Promise<FoundInput> {
  const {path, isBundled} = input;
  const target = join(search.bundle.folder, path);
  const broken = search.unsealed.filter((one) => one.path === path || one.path.startsWith(`${path}/`));
  if (isBundled && existsSync(target) && broken.every(({kind}) => kind !== 'missing')) {
    return broken.length === 0 ? {path, status: 'bundled', words: ''} : {path, status: 'changed', words: `changed in the bundle since it was sealed: sha256 ${input.digest.slice(0, 12)}… was published, ${(await digestOf(target)).slice(0, 12)}… is there`};
  }
  const parts = input.members ?? [{path: '', bytes: input.bytes, sha256: input.digest}];
  const places: {from: string; to: string; isSame: boolean}[] = [];
  for (const part of parts) {
    const to = part.path === '' ? target : join(target, part.path);
    const from = await findByDigest(part, search.candidates);
    const named = from ?? soleOfName(basename(to), part.path === '' ? undefined : basename(target), search.candidates);
    if (named !== undefined) places.push({from: named, to, isSame: from !== undefined});
  }
  if (places.length < parts.length) {
    if (input.members === undefined) placeEmpty(target);
    else mkdirSync(target, {recursive: true});
    return {path, status: 'missing', words: search.candidates.length === 0 ? 'not in the bundle' : `not in the bundle, and no file below --inputs has its sha256 (${input.digest.slice(0, 12)}…) or its name`};
  }
  for (const {from, to} of places) placeFile(from, to, parts.length === 1 && input.members === undefined);
  const others = places.filter(({isSame}) => !isSame);
  if (others.length === 0) return {path, status: 'found', words: `found as ${basename(places[0].from)}`};
  const [first] = others;
  return {path, status: 'changed', words: `${basename(first.from)} has its name and other bytes: sha256 ${input.digest.slice(0, 12)}… was published, ${(await digestOf(target)).slice(0, 12)}… is here`};
}

async function findByDigest({bytes, sha256}: {bytes: number; sha256: string}, candidates: Search['candidates']): Promise<string | undefined> {
  for (const candidate of candidates) if (candidate.bytes === bytes && (await candidate.sha256()) === sha256) return candidate.path;
  return undefined;
}

function soleOfName(name: string, folder: string | undefined, candidates: Search['candidates']): string | undefined {
  const named = candidates.filter(({path}) => basename(path) === name && (folder === undefined || basename(dirname(path)) === folder));
  return named.length === 1 ? named[0].path : undefined;
}

function filesBelow(folder: string): Search['candidates'] {
  return filesSeenIn(folder).map((name) => {
    const path = join(folder, name);
    let digest: Promise<string> | undefined;
    return {path, bytes: statSync(path).size, sha256: () => (digest ??= digestFile(path))};
  });
}

/** As the digests of a run have it: of a folder, of its sorted paths and digests. */
async function digestOf(path: string): Promise<string> {
  if (!statSync(path).isDirectory()) return digestFile(path);
  const parts: [string, string][] = [];
  for (const name of filesIn(path)) parts.push([name, await digestFile(join(path, name))]);
  return digestText(canonicalJson(parts));
}

/** A hard link where the file system allows; else, of a single file, a symbolic link, and a copy of a folder's. */
function placeFile(named: string, to: string, mayPoint = false): void {
  mkdirSync(dirname(to), {recursive: true});
  // A hard link of a link would point from where it now lies.
  const from = realpathSync(named);
  try {
    linkSync(from, to);
  } catch {
    if (mayPoint) symlinkSync(from, to);
    else copyFileSync(from, to);
  }
}

/** Own files: whoever edits the study must not change the bundle. */
function copyOf(from: string, to: string): void {
  mkdirSync(dirname(to), {recursive: true});
  copyFileSync(from, to, constants.COPYFILE_FICLONE);
}

/** A stand-in: the study can be read, and nothing reads the file. */
function placeEmpty(path: string): void {
  mkdirSync(dirname(path), {recursive: true});
  writeFileSync(path, '');
}
