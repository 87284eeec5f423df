// A container registry (OCI distribution specification, pull part) over plain requests: no engine is needed, and a cut download goes on.
import {failed, succeeded, type Result} from '../../base/result.ts';
import type {ImageFailure} from '../../model/image-failure.ts';
import {registryUrl, type RegistryReference} from './registry-reference.ts';

export interface Registry {
  readonly reference: RegistryReference;
  /** `path` below /v2/<repository>/. */
  readonly get: (path: string, ask: {headers?: Readonly<Record<string, string>>; signal: AbortSignal}) => Promise<Result<Response, ImageFailure>>;
}

export function openRegistry(reference: RegistryReference): Registry {
  let token: string | undefined;
  const root = `${registryUrl(reference)}/v2/${reference.repository}`;
  const request = (path: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Response> =>
    fetch(`${root}/${path}`, {headers: {...headers, ...(token === undefined ? {} : {authorization: `Bearer ${token}`})}, signal});
  return {
    reference,
    async get(path, {headers = {}, signal}) {
      try {
        let response = await request(path, headers, signal);
        if (response.status === 401) {
          await response.body?.cancel();
          token = await anonymousToken(response.headers.get('www-authenticate') ?? '', signal);
          if (token !== undefined) response = await request(path, headers, signal);
        }
        // 416: what is asked for lies behind the end; the caller knows what it has.
        if (response.ok || response.status === 416) return succeeded(response);
        return failed({reason: 'registry-refused', url: `${root}/${path}`, status: response.status, words: refusalIn(await response.text())});
      } catch (error) {
        return failed(signal.aborted ? {reason: 'interrupted', kept: 0} : {reason: 'registry-unreachable', registry: reference.registry, words: networkWords(error), kept: 0});
      }
    },
  };
}

/** The registry names where a token is to be had; public images need no account for one. */
async function anonymousToken(challenge: string, signal: AbortSignal): Promise<string | undefined> {
  if (!/^bearer /i.test(challenge)) return undefined;
  const {realm, ...rest} = Object.fromEntries([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]));
  if (realm === undefined) return undefined;
  const answer = await fetch(`${realm}?${new URLSearchParams(rest).toString()}`, {signal});
  if (!answer.ok) return undefined;
  const {token, access_token: accessToken} = (await answer.json()) as {token?: string; access_token?: string};
  return token ?? accessToken;
}

function refusalIn(body: string): string {
  try {
    return (JSON.parse(body) as {errors?: {message?: string}[]}).errors?.[0]?.message ?? '';
  } catch {
    return '';
  }
}

/** fetch hides the reason in `cause`. */
export function networkWords(error: unknown): string {
  const {cause, message} = error as {cause?: {code?: string; message?: string}; message?: string};
  return cause?.code ?? (cause?.message || undefined) ?? message ?? String(error);
}
