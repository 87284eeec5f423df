// lymphline bundle
import {existsSync, renameSync, rmSync, statSync} from 'node:fs';
import {randomUUID} from 'node:crypto';
import {relative, resolve} from 'node:path';
import {digestFile} from '../base/digest.ts';
import {compareWithManifest, readManifest} from '../record/publish-results.ts';
import {writeZip} from '../record/zip-file.ts';
import {recordedJobs} from '../schedule/recorded-jobs.ts';
import {bundleContent} from './bundle-content.ts';
import {exitCodes, textOptions, UsageError, type Command} from './command.ts';
import {printFailures} from './failures.ts';
import {prepareRun} from './prepare-run.ts';
import {openRecordedRun} from './recorded-run.ts';

export const bundleCommand: Command = {
  help: `
lymphline bundle RUN FILE.zip [--with-inputs] [--with-step STEP]… [--json]

One file for a reviewer: run file and sheets (paths replaced), plan, results with the values of every figure, the tables between the steps, versions
and digests of all of it. It names no machine and no person; a name, an e-mail address or a date in a sheet is refused. \`lymphline reproduce\`
makes the results again from it. Prints the one digest to publish.

  --with-inputs     the inputs too; without them, whoever has the same files names their folder
  --with-step STEP  what this step made, matrices included, e.g. align for a run from reads

example: lymphline bundle cohort/runs/demo demo.zip --with-inputs
`,
  options: {'with-inputs': {type: 'boolean'}, 'with-step': {type: 'string', multiple: true}, json: {type: 'boolean'}},
  takes: [2, 2],
  async run(context) {
    const [name, file] = context.positionals;
    const target = resolve(context.folder, file);
    if (existsSync(target)) throw new UsageError(`${file} exists. Name a new file, or remove it first.`);
    const recorded = openRecordedRun(context, name);
    if (recorded.owner !== undefined) throw new UsageError(`${name} is in use by process ${recorded.owner.pid} on ${recorded.owner.host}. Wait until it has ended.`);
    const manifest = readManifest(recorded.directory.manifest);
    if (manifest === undefined) throw new UsageError(`${name} has no results yet. Run it to its end first: lymphline run ${recorded.runFile}`);
    const changed = await compareWithManifest(recorded.directory.results, manifest, digestFile);
    if (changed.length > 0) {
      for (const {path, kind} of changed) context.screen.write(`${kind}: ${path}\n`);
      context.screen.write(`${changed.length} of ${manifest.length} results are not as the run left them; nothing was written.\n    Make them anew: lymphline run ${recorded.runFile}\n`);
      return exitCodes.failed;
    }
    const whole = await prepareRun({...context, options: {...recorded.asked, 'run-dir': recorded.directory.root}}, recorded.runFile);
    if (!whole.ok) return printFailures(context, whole.error);
    // What the run gave is what a sheet gives that excludes the samples it set aside.
    const quarantined = new Map(recorded.quarantined.map(({sample_id, reason}) => [sample_id, reason]));
    const prepared = quarantined.size === 0 ? whole.value : {...whole.value, requests: whole.value.requestsWithout(quarantined)};
    const steps = new Set(prepared.requests.map(({planned}) => planned.step.name));
    for (const step of textOptions(context, 'with-step')) if (!steps.has(step)) throw new UsageError(`${name} has no step ${JSON.stringify(step)}. Its steps: ${[...steps].join(' ')}.`);
    const {jobs, stale} = await recordedJobs(prepared.requests, prepared);
    if (stale.length > 0) {
      for (const {job, why} of stale.slice(0, 10)) context.screen.write(`${job}: ${why.join(' ')}\n`);
      context.screen.write(`These results are not those of the run file, its sheets, its inputs and this version as they are now: ${stale.length} ${stale.length === 1 ? 'job' : 'jobs'} would run again. Nothing was written.\n    Run it first: lymphline run ${recorded.runFile}\n`);
      return exitCodes.failed;
    }
    const content = await bundleContent({context, prepared, quarantined, jobs, manifest, withInputs: context.options['with-inputs'] === true, withSteps: textOptions(context, 'with-step')});
    prepared.memo.save();
    if (!content.ok) return printFailures(context, content.error);
    const {seal, digest, entries} = content.value;
    const partial = `${target}.${randomUUID()}.partial`;
    try {
      await writeZip(partial, entries);
      renameSync(partial, target);
    } finally {
      rmSync(partial, {force: true});
    }
    const {size} = statSync(target);
    if (context.options['json'] === true) context.out(`${JSON.stringify({file: target, bytes: size, files: entries.length, inputs: seal.inputs.length, digest}, undefined, 1)}\n`);
    else {
      const nBundled = seal.inputs.filter((input) => input.isBundled).length;
      context.out(`${relative(context.folder, target)}: ${entries.length} files, ${(size / 1e6).toFixed(1)} MB; ${nBundled} of ${seal.inputs.length} inputs are in it.\nsha256 of its bundle.json: ${digest}\n`);
    }
    return exitCodes.done;
  },
};
