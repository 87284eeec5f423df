// The words for what kept an image from being built, pulled or converted.
import {unreachable} from '../base/result.ts';
import type {ImageFailure} from '../model/image-failure.ts';

export function imageFailureText(failure: ImageFailure): string {
  switch (failure.reason) {
    case 'no-builder':
      return `No engine here can build images:\n${failure.tried.map(([program, words]) => `    ${program}: ${words}`).join('\n')}\n    Install Podman, or Docker with buildx; or copy the image files of another machine into the image folder.`;
    case 'node-package-missing':
      return `The npm package ${failure.name}, whose Node goes into the image, is not installed. Looked in:\n${failure.looked.map((path) => `    ${path}`).join('\n')}\n    Run \`npm ci\` in the project, on Linux.`;
    case 'base-missing':
      return `The base image ${failure.base} cannot be had: ${failure.words}\n    Nor was one made here: ${failure.local}\n    Build where there is a network, or name a base that is here: --base IMAGE.`;
    case 'program-failed':
      return `${failure.program} could not ${failure.doing} ${failure.image} (${failure.end}). Its last lines:\n${failure.lastLines.map((line) => `    ${line}`).join('\n')}\n    The whole log: ${failure.log}`;
    case 'archive-missing':
      return `${failure.path} does not exist; other forms of ${failure.image} are made from it.\n    Run \`lymphline images ${failure.isOurs ? 'build' : 'pull'} ${failure.image}\` where there is a network, or copy the file here.`;
    case 'archive-invalid':
      return `${failure.path} is no docker-archive: ${failure.found}.\n    Build or pull it again.`;
    case 'no-reference':
      return `containers/images.yaml names no reference of ${failure.image}, so that it cannot be pulled.\n    ${failure.isOurs ? `Build it: \`lymphline images build ${failure.image}\`; or say` : 'Say'} where it is: --reference REGISTRY/NAME@sha256:….`;
    case 'registry-unreachable':
      return `The registry ${failure.registry} does not answer: ${failure.words}\n    ${keptText(failure.kept)}Check the network (proxies: NODE_USE_ENV_PROXY=1 with HTTPS_PROXY; own authorities: NODE_EXTRA_CA_CERTS) and run the same command again.`;
    case 'registry-refused':
      return `${failure.url} answered ${failure.status}${failure.words === '' ? '' : ` (${failure.words})`}.\n    ${refusals[failure.status] ?? 'Run the same command again later.'}`;
    case 'digest-differs':
      return `${failure.what} is not what its digest says: found ${failure.found}, expected ${failure.expected}.\n    Nothing of it was kept. Check the digest in containers/images.yaml, or the registry.`;
    case 'manifest-invalid':
      return `${failure.reference} is no image: found ${failure.found}, expected a Docker or OCI image manifest.`;
    case 'platform-missing':
      return `${failure.reference} has no image for ${failure.wanted}; it offers ${failure.offered.join(', ')}.`;
    case 'store-unwritable':
      return `${failure.path} cannot be written (${failure.code}).\n    Free some space there, or choose another image folder (LYMPHLINE_IMAGES, or images: {folder: …} of the profile).`;
    case 'interrupted':
      return `Interrupted. ${keptText(failure.kept)}Run the same command again to go on.`;
    default:
      return unreachable(failure);
  }
}

const keptText = (bytes: number): string => (bytes === 0 ? '' : `${(bytes / 1e6).toFixed(1)} MB are kept, and the next pull goes on from there. `);

const refusals: Readonly<Record<number, string>> = {
  401: 'It wants credentials. Pull with another program and put a docker-archive into the image folder.',
  403: 'It wants credentials. Pull with another program and put a docker-archive into the image folder.',
  404: 'No such image there: check name and digest.',
  429: 'It limits how often one may ask. Run the same command again later.',
};
