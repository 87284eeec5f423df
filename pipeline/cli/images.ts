// lymphline images
import {resolve} from 'node:path';
import {didYouMean} from '../base/closest-name.ts';
import {readImages} from '../config/read-images.ts';
import {UsageError, type Command} from './command.ts';
import {printFailures} from './failures.ts';
import {imageFolder} from './find-programs.ts';
import {buildImages} from './images-build.ts';
import {convertImages} from './images-convert.ts';
import {listImages} from './images-list.ts';
import {pullImages} from './images-pull.ts';
import {holdingStore} from './images-store.ts';
import {namedProfile} from './named-profile.ts';

const verbs = ['list', 'pull', 'build', 'convert'] as const;

export const imagesCommand: Command = {
  help: `
lymphline images [list|pull|build|convert] [NAME…] [--profile NAME|FILE] [--json]

The container images that the steps run in, as files in the image folder (LYMPHLINE_IMAGES, or \`images: {folder: …}\` of the profile). A run
takes them from there: Docker and Podman load NAME.tar, Apptainer starts NAME.sif or NAME.sandbox, Charliecloud NAME.dir. All are one image.

  list      what the steps need and what is here, in every form, with sizes; --run CONFIG: what that run needs
  pull      from its registry, by digest where containers/images.yaml has one; goes on where an earlier pull stopped
  build     from containers/NAME/Containerfile; without NAME every image of ours
  convert   NAME.tar for --engine apptainer (--sandbox: a folder instead of a SIF file) or charliecloud; without NAME every image that is here

  --reference REF    pull: this image instead of the one that images.yaml names
  --base REF         build: \`public\`, \`local\` (made here from Debian's archive) or an image; default: public, else local
  --builder PROGRAM  build: podman or docker; default: podman where it works, since its images are reproducible
  --no-cache         build: every layer anew
  --engine ENGINE    convert: apptainer or charliecloud; default: the profile's

example: lymphline images build star && lymphline images convert star --engine apptainer
`,
  options: {
    profile: {type: 'string'}, json: {type: 'boolean'}, run: {type: 'string'}, reference: {type: 'string'}, base: {type: 'string'}, builder: {type: 'string'},
    'no-cache': {type: 'boolean'}, engine: {type: 'string'}, sandbox: {type: 'boolean'},
  },
  takes: [0, 100],
  async run(context) {
    const [verb = 'list', ...named] = context.positionals;
    if (!isVerb(verb)) throw new UsageError(`images has no verb ${JSON.stringify(verb)}.${nearest(verb, verbs)} Its verbs: ${verbs.join(' ')}.`);
    const catalogue = await readImages(context.projectRoot);
    if (!catalogue.ok) return printFailures(context, catalogue.error);
    for (const name of named) if (!catalogue.value.has(name)) throw new UsageError(`There is no image ${JSON.stringify(name)}.${nearest(name, [...catalogue.value.keys()])} Images: ${[...catalogue.value.keys()].join(' ')}.`);
    const profile = await namedProfile(context);
    if (!profile.ok) return printFailures(context, profile.error);
    const store = resolve(context.folder, imageFolder(context, profile.value.profile));
    const request = {context, catalogue: catalogue.value, names: named, store};
    if (verb === 'list') return listImages(request, profile.value);
    return holdingStore(request, () => {
      switch (verb) {
        case 'pull':
          return pullImages(request);
        case 'build':
          return buildImages(request);
        case 'convert':
          return convertImages(request, profile.value.profile.engine);
      }
    });
  },
};

const isVerb = (text: string): text is (typeof verbs)[number] => (verbs as readonly string[]).includes(text);

function nearest(text: string, known: readonly string[]): string {
  const words = didYouMean(text, known);
  return words === '' ? '' : ` ${words}`;
}
