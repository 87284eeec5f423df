// lymphline verify
import {join} from 'node:path';
import {canonicalJson, digestFile, digestText} from '../base/digest.ts';
import {compareWithManifest, readManifest} from '../record/publish-results.ts';
import {exitCodes, UsageError, type Command} from './command.ts';
import {openRecordedRun} from './recorded-run.ts';

export const verifyCommand: Command = {
  help: `
lymphline verify RUN [--json]

Reads every result again and compares it with the manifest; names each file that differs, is missing or is extra. Prints the one digest to publish.

example: lymphline verify cohort/runs/demo
`,
  options: {json: {type: 'boolean'}},
  takes: [1, 1],
  async run(context) {
    const {directory, name} = openRecordedRun(context, context.positionals[0]);
    const manifest = readManifest(directory.manifest);
    if (manifest === undefined) throw new UsageError(`${name} has no ${join('results', 'manifest.json')}: it has not finished.`);
    const differences = await compareWithManifest(directory.results, manifest, digestFile);
    const digest = digestText(canonicalJson(manifest));
    if (context.options['json']) context.out(`${JSON.stringify({files: manifest.length, digest, differences}, undefined, 1)}\n`);
    else {
      for (const {path, kind} of differences) context.out(`${kind}: ${path}\n`);
      context.out(differences.length === 0 ? `${manifest.length} files are as the manifest says. sha256 of the manifest: ${digest}\n` : `${differences.length} of ${manifest.length} files differ, are missing or extra.\n`);
    }
    return differences.length === 0 ? exitCodes.done : exitCodes.failed;
  },
};
