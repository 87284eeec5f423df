// lymphline images pull
import {showWork} from '../console/work-progress.ts';
import {parseReference} from '../executors/images/registry-reference.ts';
import {pullImage} from '../executors/images/pull-image.ts';
import type {ImageEntry} from '../model/image.ts';
import {exitCodes, textOption, UsageError} from './command.ts';
import {megabytes, printImageFailure, shortId, tellStaleForms, type ImagesRequest} from './images-store.ts';

export async function pullImages({context, catalogue, names, store}: ImagesRequest): Promise<number> {
  const override = textOption(context, 'reference');
  if (override !== undefined && names.length !== 1) throw new UsageError('--reference is for one image: name it.');
  const wanted = names.length > 0 ? names : [...catalogue.values()].filter(({reference}) => reference !== undefined).map(({name}) => name);
  const pulled: {image: string; id: string; reference: string; bytes: number}[] = [];
  for (const name of wanted) {
    const entry = catalogue.get(name) as ImageEntry;
    const text = referenceOf(entry, override);
    if (text === undefined) return printImageFailure(context, {reason: 'no-reference', image: name, isOurs: entry.isOurs});
    const reference = parseReference(text);
    if (reference === undefined) throw new UsageError(`${JSON.stringify(text)} is no reference of an image; expected REGISTRY/NAME:TAG@sha256:…`);
    const at = {done: 0, total: 0};
    const progress = showWork(context.screen, `${name}: pulling ${text}`, () => (at.total === 0 ? '' : `${megabytes(at.done)} of ${megabytes(at.total)}`));
    const image = await pullImage({name, reference, text, store, signal: context.signal, onProgress: (done, total) => Object.assign(at, {done, total})});
    if (!image.ok) {
      progress.end(`${name}: not pulled`);
      return printImageFailure(context, image.error);
    }
    const {id, bytes, digest} = image.value;
    progress.end(`${name}: ${shortId(id)}, ${megabytes(bytes)}, <time>`);
    if (reference.digest === undefined) context.screen.write(`    Not pinned. To get the same image again: digest: ${digest} in containers/images.yaml\n`);
    tellStaleForms(context, {store, name, id});
    pulled.push({image: name, id, reference: `${text.replace(/@sha256:.*$/, '')}@${digest}`, bytes});
  }
  if (context.options['json'] === true) context.out(`${JSON.stringify(pulled, undefined, 1)}\n`);
  return exitCodes.done;
}

/** A mirror has to have the image that images.yaml pins. */
function referenceOf({reference, digest}: ImageEntry, override: string | undefined): string | undefined {
  const text = override ?? reference;
  if (text === undefined || digest === undefined || text.includes('@')) return text;
  return `${text}@${digest}`;
}
