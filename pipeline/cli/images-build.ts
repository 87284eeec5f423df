// lymphline images build
import {mkdtempSync, readFileSync, rmSync, statSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {showWork} from '../console/work-progress.ts';
import {buildImage} from '../executors/images/build-image.ts';
import {prepareContext} from '../executors/images/build-context.ts';
import {findBuilder, type Builder} from '../executors/images/builder.ts';
import {askProcess} from '../executors/process.ts';
import {exitCodes, textOption, UsageError} from './command.ts';
import {megabytes, printImageFailure, shortId, tellStaleForms, type ImagesRequest} from './images-store.ts';

export async function buildImages(request: ImagesRequest): Promise<number> {
  const {context, catalogue, names} = request;
  const foreign = names.find((name) => catalogue.get(name)?.isOurs !== true);
  if (foreign !== undefined) throw new UsageError(`${foreign} has no containers/${foreign}/Containerfile: it is not built but pulled (lymphline images pull ${foreign}).`);
  const wanted = textOption(context, 'builder');
  if (wanted !== undefined && wanted !== 'podman' && wanted !== 'docker') throw new UsageError(`--builder is ${JSON.stringify(wanted)}; expected podman or docker.`);
  const builder = await findBuilder(context.environment, wanted);
  if (!builder.ok) return printImageFailure(context, builder.error);
  if (!builder.value.repeats) context.screen.write('Docker stamps each build with its time: the images get another id in every build. Podman builds reproducibly.\n');
  const work = mkdtempSync(join(context.environment['TMPDIR'] || tmpdir(), 'lymphline-build-'));
  try {
    const chosen = names.length > 0 ? names : [...catalogue.values()].filter(({isOurs}) => isOurs).map(({name}) => name);
    const prepared = prepareContext({folder: join(work, 'context'), projectRoot: context.projectRoot, codeRoot: context.codeRoot, names: chosen});
    if (!prepared.ok) return printImageFailure(context, prepared.error);
    const secrets = join(work, 'secrets');
    await askProcess(['sh', join(prepared.value, 'host-config.sh'), secrets], {environment: context.environment});
    return await buildAll({request, builder: builder.value, context: prepared.value, secrets, names: chosen});
  } finally {
    rmSync(work, {recursive: true, force: true});
  }
}

async function buildAll(ask: {request: ImagesRequest; builder: Builder; context: string; secrets: string; names: readonly string[]}): Promise<number> {
  const {request: {context, store}, builder, names} = ask;
  const built: {image: string; id: string; bytes: number; path: string}[] = [];
  let base = textOption(context, 'base');
  for (const name of names) {
    const progress = showWork(context.screen, `${name}: building with ${builder.program}`, () => currentStep(join(store, `${name}.log`)));
    const image = await buildImage({
      name, builder, context: ask.context, secrets: ask.secrets, store, fromNothing: context.options['no-cache'] === true, signal: context.signal, ...(base === undefined ? {} : {base}),
    });
    if (!image.ok) {
      progress.end(`${name}: not built`);
      return printImageFailure(context, image.error);
    }
    const {id, bytes, path, note} = image.value;
    progress.end(`${name}: ${shortId(id)}, ${megabytes(bytes)}, <time>${note === undefined ? '' : `\n    ${note}`}`);
    tellStaleForms(context, {store, name, id});
    // The registry that did not answer for one image is not asked again for the next.
    if (note !== undefined) base = 'local';
    built.push({image: name, id, bytes, path});
  }
  if (context.options['json'] === true) context.out(`${JSON.stringify(built, undefined, 1)}\n`);
  return exitCodes.done;
}

/** Both builders number the steps in their log. */
function currentStep(log: string): string {
  if (statSync(log, {throwIfNoEntry: false}) === undefined) return '';
  return readFileSync(log, 'utf8').split('\n').filter((line) => /^(STEP |\[\d+\/\d+\] STEP |#\d+ \[)/.test(line)).at(-1) ?? '';
}
