// Manifests of registries: an index names one manifest a platform, a manifest names configuration and layers by digest.
import {createHash} from 'node:crypto';
import {failed, succeeded, type Result} from '../../base/result.ts';
import type {ImageFailure} from '../../model/image-failure.ts';
import type {Registry} from './registry.ts';

interface Descriptor {
  readonly digest: string;
  readonly size: number;
  readonly platform?: {readonly os?: string; readonly architecture?: string};
}

export interface ImageManifest {
  /** Of what the reference names: the index where there is one. */
  readonly digest: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

const accepted = [
  'application/vnd.oci.image.index.v1+json', 'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json', 'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/** `architecture`: in the words of registries. */
export async function readManifest(registry: Registry, architecture: string, signal: AbortSignal): Promise<Result<ImageManifest, ImageFailure>> {
  const {digest, tag} = registry.reference;
  const top = await fetchManifest(registry, digest ?? tag ?? 'latest', digest, signal);
  if (!top.ok) return top;
  const index = top.value.json.manifests;
  if (index === undefined) return asImage(registry, top.value.json, top.value.digest);
  const own = index.find(({platform}) => platform?.os === 'linux' && platform.architecture === architecture);
  if (own === undefined) {
    const offered = index.map(({platform}) => `${platform?.os ?? '?'}/${platform?.architecture ?? '?'}`);
    return failed({reason: 'platform-missing', reference: textOf(registry), wanted: `linux/${architecture}`, offered: [...new Set(offered)].filter((one) => !one.startsWith('unknown'))});
  }
  const image = await fetchManifest(registry, own.digest, own.digest, signal);
  return image.ok ? asImage(registry, image.value.json, top.value.digest) : image;
}

interface ManifestJson {
  readonly manifests?: readonly Descriptor[];
  readonly config?: Descriptor;
  readonly layers?: readonly Descriptor[];
}

async function fetchManifest(registry: Registry, name: string, expected: string | undefined, signal: AbortSignal): Promise<Result<{json: ManifestJson; digest: string}, ImageFailure>> {
  const answer = await registry.get(`manifests/${name}`, {headers: {accept: accepted}, signal});
  if (!answer.ok) return answer;
  const bytes = Buffer.from(await answer.value.arrayBuffer());
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  if (expected !== undefined && digest !== expected) return failed({reason: 'digest-differs', what: `The manifest of ${textOf(registry)}`, expected, found: digest});
  try {
    return succeeded({json: JSON.parse(bytes.toString('utf8')) as ManifestJson, digest});
  } catch {
    return failed({reason: 'manifest-invalid', reference: textOf(registry), found: 'no JSON'});
  }
}

function asImage(registry: Registry, {config, layers}: ManifestJson, digest: string): Result<ImageManifest, ImageFailure> {
  const isDescriptor = (one: Descriptor | undefined): boolean => one !== undefined && /^sha256:[0-9a-f]{64}$/.test(one.digest) && Number.isSafeInteger(one.size);
  if (config === undefined || layers === undefined || !isDescriptor(config) || !layers.every(isDescriptor)) {
    return failed({reason: 'manifest-invalid', reference: textOf(registry), found: 'a manifest without configuration and layers'});
  }
  return succeeded({digest, config, layers});
}

function textOf({reference: {registry, repository, tag, digest}}: Registry): string {
  return `${registry}/${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}
