// A real registry (Debian's docker-registry) on a free port of loopback, an image in it, and a proxy before it that spoils what a test wants spoiled.
import {spawn, spawnSync} from 'node:child_process';
import {createHash, randomBytes} from 'node:crypto';
import {mkdirSync, writeFileSync} from 'node:fs';
import {createServer, request, type IncomingMessage, type Server, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import {setTimeout as wait} from 'node:timers/promises';
import {gzipSync} from 'node:zlib';

export const hasRegistry = spawnSync('docker-registry', ['--version']).status === 0;
export const sha256 = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

export interface LoopbackRegistry {
  readonly address: string;
  readonly stop: () => void;
}

export async function startRegistry(folder: string): Promise<LoopbackRegistry> {
  mkdirSync(folder, {recursive: true});
  for (const end = performance.now() + 100_000; performance.now() < end;) {
    const address = `127.0.0.1:${await freePort()}`;
    writeFileSync(join(folder, 'config.yml'), `version: 0.1\nstorage:\n  filesystem: {rootdirectory: ${folder}/data}\nhttp:\n  addr: ${address}\n`);
    const child = spawn('docker-registry', ['serve', join(folder, 'config.yml')], {stdio: 'ignore'});
    // It ends at once where somebody else has taken the port meanwhile.
    for (; child.exitCode === null && performance.now() < end; await wait(50)) {
      const isUp = await fetch(`http://${address}/v2/`).then(({ok}) => ok, () => false);
      if (isUp && child.exitCode === null) return {address, stop: () => child.kill()};
    }
    child.kill();
  }
  throw new Error('docker-registry does not answer');
}

/** Nobody listens on it now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const {port} = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

export interface PushedImage {
  readonly manifestDigest: string;
  readonly configDigest: string;
  readonly layerDigest: string;
  readonly layerBytes: number;
}

/** An image of one compressed layer that holds `random`, a file of 6 MB that does not compress. */
export async function pushImage(address: string, repository: string, architecture = process.arch === 'x64' ? 'amd64' : process.arch): Promise<PushedImage> {
  const random = randomBytes(6_000_000);
  const layer = tarOf('random', random);
  const packed = gzipSync(layer, {level: 1});
  const config = Buffer.from(JSON.stringify({architecture, os: 'linux', config: {Env: ['PATH=/bin']}, rootfs: {type: 'layers', diff_ids: [sha256(layer)]}, history: [{created_by: 'a test'}]}));
  for (const blob of [packed, config]) await pushBlob(address, repository, blob);
  const manifest = Buffer.from(JSON.stringify({
    schemaVersion: 2, mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
    config: {mediaType: 'application/vnd.docker.container.image.v1+json', size: config.length, digest: sha256(config)},
    layers: [{mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip', size: packed.length, digest: sha256(packed)}],
  }));
  const put = await fetch(`http://${address}/v2/${repository}/manifests/one`, {method: 'PUT', headers: {'content-type': 'application/vnd.docker.distribution.manifest.v2+json'}, body: manifest});
  if (!put.ok) throw new Error(`the registry refused the manifest: ${await put.text()}`);
  return {manifestDigest: sha256(manifest), configDigest: sha256(config), layerDigest: sha256(packed), layerBytes: packed.length};
}

async function pushBlob(address: string, repository: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const started = await fetch(`http://${address}/v2/${repository}/blobs/uploads/`, {method: 'POST'});
  const place = new URL(started.headers.get('location') ?? '', `http://${address}`);
  place.searchParams.set('digest', sha256(bytes));
  const put = await fetch(place, {method: 'PUT', headers: {'content-type': 'application/octet-stream'}, body: bytes});
  if (!put.ok) throw new Error(`the registry refused a blob: ${await put.text()}`);
}

/** A plain tar of one file. */
function tarOf(name: string, content: Uint8Array): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000644\0' + '0000000\0' + '0000000\0' + `${content.length.toString(8).padStart(11, '0')}\0` + '00000000000\0' + '        ' + '0', 100);
  header.write(`${header.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, content, Buffer.alloc((512 - (content.length % 512)) % 512 + 1024)]);
}

export interface SpoiltAnswer {
  /** Sends this much of a blob and then cuts the connection. */
  readonly cutAfter?: number;
  /** Sends this much and then nothing more. */
  readonly stallAfter?: number;
  /** Sends other bytes of the same length. */
  readonly other?: boolean;
}

export interface SpoilingProxy {
  readonly address: string;
  /** Of every request for a blob: its range, as asked for, and how much was sent. */
  readonly asked: {readonly range: string | undefined; sent: number}[];
  readonly stop: () => void;
}

/** `spoil` decides for the nth request of a large blob (from 0). */
export async function startProxy(registry: string, spoil: (n: number) => SpoiltAnswer): Promise<SpoilingProxy> {
  const asked: {range: string | undefined; sent: number}[] = [];
  const server: Server = createServer((incoming, outgoing) => {
    const {range, accept} = incoming.headers;
    const upstream = request(`http://${registry}${incoming.url}`, {method: incoming.method, headers: {...(accept === undefined ? {} : {accept}), ...(range === undefined ? {} : {range})}}, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      const isLarge = incoming.url?.includes('/blobs/') === true && Number(answer.headers['content-length']) > 10_000;
      if (!isLarge) return void answer.pipe(outgoing);
      const record = {range, sent: 0};
      asked.push(record);
      passOn(answer, outgoing, record, spoil(asked.length - 1));
    });
    upstream.on('error', () => outgoing.destroy());
    upstream.end();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const stop = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return {address: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked, stop};
}

function passOn(answer: IncomingMessage, outgoing: ServerResponse, record: {sent: number}, {cutAfter, stallAfter, other}: SpoiltAnswer): void {
  const limit = cutAfter ?? stallAfter ?? Infinity;
  answer.on('data', (data: Buffer) => {
    const piece = (other === true ? Buffer.alloc(data.length, 1) : data).subarray(0, Math.max(0, limit - record.sent));
    record.sent += piece.length;
    outgoing.write(piece, () => {
      if (cutAfter !== undefined && record.sent >= cutAfter) outgoing.destroy();
    });
  });
  answer.on('end', () => {
    if (limit === Infinity) outgoing.end();
  });
}
