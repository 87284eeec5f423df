// lymphline verify
import {existsSync, readFileSync, statSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {digestFile, digestText} from '../base/digest.ts';
import {bundleNames, compareWithSeal, filesOfFolder, filesOfZip, parseSeal, type FoundFiles} from '../record/bundle.ts';
import {compareWithManifest, readManifest, type ManifestDifference} from '../record/publish-results.ts';
import {exitCodes, publishedDigest, UsageError, type Command, type CommandContext} from './command.ts';
import {openRecordedRun} from './recorded-run.ts';

export const verifyCommand: Command = {
  help: `
lymphline verify RUN|BUNDLE [--digest SHA256] [--json]

Reads every result of a run, or every file of a bundle (zip or folder), and compares it with the manifest; names each file that differs, is missing
or is extra. Prints the one digest to publish: the sha256 of results/manifest.json, or of the bundle's bundle.json. Whoever changes a file can write
the manifest anew; with --digest, the published digest, any changed byte is found all the same.

example: lymphline verify cohort/runs/demo
`,
  options: {digest: {type: 'string'}, json: {type: 'boolean'}},
  takes: [1, 1],
  async run(context) {
    const [name] = context.positionals;
    const path = resolve(context.folder, name);
    const stat = statSync(path, {throwIfNoEntry: false});
    if (stat === undefined) throw new UsageError(`${name} does not exist. Name a run directory (runs/<name> beside the run file) or a bundle.`);
    const isBundle = stat.isFile() || existsSync(join(path, bundleNames.seal));
    const seen = isBundle ? await readSealed(name, path) : await readResults(context, name);
    const published = publishedDigest(context);
    const isPublished = published === undefined || published === seen.digest;
    tell(context, {...seen, isPublished, ...(published === undefined ? {} : {published})});
    return seen.differences.length === 0 && isPublished ? exitCodes.done : exitCodes.failed;
  },
};

interface Seen {
  readonly nFiles: number;
  readonly digest: string;
  /** What has this digest. */
  readonly of: 'manifest' | 'bundle.json';
  readonly differences: readonly ManifestDifference[];
}

async function readResults(context: CommandContext, argument: string): Promise<Seen> {
  const {directory, name} = openRecordedRun(context, argument);
  const manifest = readManifest(directory.manifest);
  if (manifest === undefined) throw new UsageError(`${name} has no ${join('results', 'manifest.json')}: it has not finished.`);
  return {nFiles: manifest.length, digest: await digestFile(directory.manifest), of: 'manifest', differences: await compareWithManifest(directory.results, manifest, digestFile)};
}

async function readSealed(name: string, path: string): Promise<Seen> {
  const {files, seal} = await readFiles(name, path);
  const sound = seal === undefined ? undefined : parseSeal(seal);
  if (sound?.ok !== true) throw new UsageError(`${name} is no bundle: ${sound === undefined ? `it has no ${bundleNames.seal}` : sound.error}.`);
  return {nFiles: sound.value.files.length, digest: digestText(seal ?? ''), of: 'bundle.json', differences: compareWithSeal(sound.value, files)};
}

async function readFiles(name: string, path: string): Promise<{readonly files: FoundFiles; readonly seal: string | undefined}> {
  if (statSync(path).isDirectory()) return {files: await filesOfFolder(path), seal: readFileSync(join(path, bundleNames.seal), 'utf8')};
  const read = await filesOfZip(path);
  if (!read.ok) throw new UsageError(`${name} is no bundle: ${read.error}.`);
  return read.value;
}

function tell(context: CommandContext, {nFiles, digest, of, differences, published, isPublished}: Seen & {readonly published?: string; readonly isPublished: boolean}): void {
  if (context.options['json'] === true) {
    context.out(`${JSON.stringify({files: nFiles, digest, ...(published === undefined ? {} : {isPublished}), differences}, undefined, 1)}\n`);
    return;
  }
  for (const {path, kind} of differences) context.out(`${kind}: ${path}\n`);
  const judged = published === undefined ? '' : isPublished ? ', as published' : `, NOT as published (${published})`;
  const what = of === 'manifest' ? 'the manifest' : bundleNames.seal;
  if (differences.length > 0) context.out(`${differences.length} of ${nFiles} files differ, are missing or extra.\n${isPublished ? '' : `sha256 of ${what}: ${digest}${judged}\n`}`);
  else context.out(`${nFiles} files are as ${of === 'manifest' ? 'the manifest' : 'the seal'} says. sha256 of ${what}: ${digest}${judged}\n`);
}
