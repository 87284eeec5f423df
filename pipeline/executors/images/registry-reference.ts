// How images are named in registries: REGISTRY/REPOSITORY:TAG@DIGEST, with the short names of Docker Hub.
export interface RegistryReference {
  /** Host, with a port where it has one. */
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
}

/** Undefined where the text names no image. */
export function parseReference(text: string): RegistryReference | undefined {
  const match = /^(?<name>[^@\s]+?)(?::(?<tag>[\w][\w.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$/.exec(text);
  const name = match?.groups?.['name'];
  if (name === undefined) return undefined;
  const {tag, digest} = match?.groups ?? {};
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const hasHost = /[.:]/.test(first) || first === 'localhost';
  const host = hasHost ? first : 'docker.io';
  const path = hasHost ? name.slice(slash + 1) : name;
  const isHub = host === 'docker.io' || host === 'index.docker.io';
  const repository = isHub && !path.includes('/') ? `library/${path}` : path;
  if (!/^[a-z0-9]+([._/-]+[a-z0-9]+)*$/.test(repository)) return undefined;
  return {registry: isHub ? 'registry-1.docker.io' : host, repository, ...(tag === undefined ? {} : {tag}), ...(digest === undefined ? {} : {digest})};
}

/** A registry on this machine speaks plain HTTP, every other one HTTPS. */
export function registryUrl({registry}: RegistryReference): string {
  const isLoopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(registry);
  return `${isLoopback ? 'http' : 'https'}://${registry}`;
}
