// lymphline images convert
import {existsSync, statSync} from 'node:fs';
import {showWork} from '../console/work-progress.ts';
import {convertImage} from '../executors/images/convert-image.ts';
import {formPath, type ImageForm} from '../executors/image-store.ts';
import {exitCodes, textOption, UsageError} from './command.ts';
import {printImageFailure, shortId, type ImagesRequest} from './images-store.ts';

export async function convertImages({context, catalogue, names, store}: ImagesRequest, profileEngine: string): Promise<number> {
  const form = formOf(textOption(context, 'engine') ?? profileEngine, context.options['sandbox'] === true);
  const wanted = names.length > 0 ? names : [...catalogue.keys()].filter((name) => existsSync(formPath(store, name, 'tar')));
  if (wanted.length === 0) throw new UsageError(`${store} holds no image to convert. Build or pull one first.`);
  const converted: {image: string; id: string; path: string}[] = [];
  for (const name of wanted) {
    const progress = showWork(context.screen, `${name}: converting to ${formPath(store, name, form)}`, () => '');
    const image = await convertImage({name, isOurs: catalogue.get(name)?.isOurs === true, form, store, environment: context.environment, signal: context.signal});
    if (!image.ok) {
      progress.end(`${name}: not converted`);
      return printImageFailure(context, image.error);
    }
    const {id, path, wasThere} = image.value;
    progress.end(`${name}: ${shortId(id)} ${wasThere ? 'was here already' : `in ${path}, <time>`}`);
    converted.push({image: name, id, path});
  }
  if (context.options['json'] === true) context.out(`${JSON.stringify(converted.map((one) => ({...one, bytes: statSync(one.path).isFile() ? statSync(one.path).size : undefined})), undefined, 1)}\n`);
  return exitCodes.done;
}

function formOf(engine: string, asSandbox: boolean): Exclude<ImageForm, 'tar'> {
  if (engine === 'charliecloud' && !asSandbox) return 'dir';
  if (engine === 'apptainer') return asSandbox ? 'sandbox' : 'sif';
  if (engine === 'charliecloud') throw new UsageError('--sandbox is a form of Apptainer; Charliecloud always runs a folder.');
  throw new UsageError(`--engine is ${JSON.stringify(engine)}; expected apptainer or charliecloud (Docker and Podman load NAME.tar themselves).`);
}
