// `lymphline images pull` against Debian's docker-registry on loopback: what arrives, what an interruption costs, what is said when it goes wrong.
import {spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, afterEach, beforeAll, beforeEach, expect, test} from 'vitest';
import {freePort, hasRegistry, pushImage, startProxy, startRegistry, type LoopbackRegistry, type PushedImage, type SpoilingProxy, type SpoiltAnswer} from '../../rig/loopback-registry.ts';
import {createProject, stepYaml, type TempProject} from '../../rig/temp-project.ts';
import {until} from '../../rig/until.ts';

const words = 'docker-registry is not installed';
if (!hasRegistry) console.warn(words);
const testHere = hasRegistry || process.env['CI'] === 'true' ? test : test.skip;

const folder = mkdtempSync(join(tmpdir(), 'lymphline-registry-'));
let registry: LoopbackRegistry;
let image: PushedImage;
let project: TempProject;
let proxy: SpoilingProxy | undefined;

beforeAll(async () => {
  if (!hasRegistry) return;
  registry = await startRegistry(folder);
  image = await pushImage(registry.address, 'lab/trust4');
});
afterAll(() => {
  registry?.stop();
  rmSync(folder, {recursive: true, force: true});
});
beforeEach(() => {
  project = createProject({
    'containers/images.yaml': 'trust4:\n  contents: six random megabytes\n  licence: none\n',
    'steps/count/step.yaml': stepYaml('count', 'per: cohort\ninputs: {}\nparams: {}\noutputs: {n: {format: tsv}}\n'),
  });
});
afterEach(() => {
  proxy?.stop();
  proxy = undefined;
  project.remove();
});

const store = (): string => join(project.folder, 'store');
const profile = 'launcher: local\nengine: none\nimages: {folder: store}\n';
const pull = (address: string, digest: string): readonly string[] => {
  project.write('here.yaml', profile);
  return ['images', 'pull', 'trust4', '--profile', './here.yaml', '--reference', `${address}/lab/trust4@${digest}`];
};

/** The command while this process answers it as the proxy: it must not be waited for synchronously. */
async function pullThrough(spoil: (n: number) => SpoiltAnswer, digest = image.manifestDigest): Promise<{code: number | string; stderr: string}> {
  proxy ??= await startProxy(registry.address, spoil);
  const started = project.start(...pull(proxy.address, digest));
  const code = await started.ended;
  return {code, stderr: started.stderr()};
}

const member = (name: string): string => spawnSync('tar', ['-xOf', join(store(), 'trust4.tar'), name], {encoding: 'utf8'}).stdout;

function expectWholeImage(): void {
  const [{Config, Layers}] = JSON.parse(member('manifest.json')) as [{Config: string; Layers: string[]}];
  expect(`sha256:${Config.replace('.json', '')}`).toBe(image.configDigest);
  const {rootfs} = JSON.parse(member(Config)) as {rootfs: {diff_ids: string[]}};
  const sum = spawnSync('sh', ['-c', 'tar -xOf "$0" "$1" | sha256sum', join(store(), 'trust4.tar'), Layers[0]], {encoding: 'utf8'}).stdout.slice(0, 64);
  expect(`sha256:${sum}`).toBe(rootfs.diff_ids[0]);
  expect(JSON.parse(readFileSync(join(store(), 'trust4.tar.json'), 'utf8'))).toMatchObject({image: 'trust4', id: image.configDigest, made: 'pull'});
  expect(readdirSync(store()).sort()).toEqual(['trust4.tar', 'trust4.tar.json']);
}

testHere('an image pulled by digest is in the image folder, whole and recorded', () => {
  const run = project.cli(...pull(registry.address, image.manifestDigest));
  expect(`${run.stderr} exit ${String(run.status)}`).toMatch(/exit 0$/);
  expectWholeImage();
  const listed = JSON.parse(project.cli('images', 'list', '--json', '--profile', './here.yaml').stdout) as {image: string; places: unknown[]}[];
  expect(listed).toMatchObject([{image: 'trust4', places: [{form: 'tar', id: image.configDigest, bytes: statSync(join(store(), 'trust4.tar')).size}]}]);
});

testHere('a tag is pulled too, and the digest to pin is told', () => {
  project.write('here.yaml', profile);
  const run = project.cli('images', 'pull', 'trust4', '--profile', './here.yaml', '--reference', `${registry.address}/lab/trust4:one`);
  expect(run.stderr).toContain(`Not pinned. To get the same image again: digest: ${image.manifestDigest} in containers/images.yaml`);
  expect(JSON.parse(readFileSync(join(store(), 'trust4.tar.json'), 'utf8'))).toMatchObject({reference: `${registry.address}/lab/trust4:one@${image.manifestDigest}`});
});

testHere('a connection that is cut again and again goes on each time where it broke', async () => {
  const {code, stderr} = await pullThrough((n) => (n < 3 ? {cutAfter: 1_000_000} : {}));
  expect(`${stderr} exit ${code}`).toMatch(/exit 0$/);
  expectWholeImage();
  const ranges = proxy?.asked.map(({range}) => range) ?? [];
  expect(ranges[0]).toBeUndefined();
  expect(ranges.length).toBe(4);
  const starts = ranges.slice(1).map((range) => Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1]));
  // What was sent and what arrived may differ by what was under way when the connection broke.
  expect(starts).toEqual([...starts].sort((a, b) => a - b));
  expect(starts[0]).toBeGreaterThan(0);
  const sent = proxy?.asked.reduce((sum, one) => sum + one.sent, 0) ?? 0;
  expect(sent).toBeLessThan(image.layerBytes + 1_000_000);
});

testHere('a pull that is killed half way goes on where it was', async () => {
  proxy = await startProxy(registry.address, (n) => (n === 0 ? {stallAfter: 3_000_000} : {}));
  const killed = project.start(...pull(proxy.address, image.manifestDigest));
  const partial = join(store(), 'trust4.blobs', `${image.layerDigest.replace(':', '-')}.partial`);
  await until('three megabytes', () => (statSync(partial, {throwIfNoEntry: false})?.size ?? 0) >= 3_000_000);
  killed.child.kill('SIGKILL');
  await killed.ended;
  expect(statSync(partial).size).toBe(3_000_000);
  expect(existsSync(join(store(), 'trust4.tar'))).toBe(false);
  const {code, stderr} = await pullThrough(() => ({}));
  expect(`${stderr} exit ${code}`).toMatch(/exit 0$/);
  expect(proxy.asked.map(({range}) => range)).toEqual([undefined, 'bytes=3000000-']);
  expect(proxy.asked[1].sent).toBe(image.layerBytes - 3_000_000);
  expectWholeImage();
});

testHere('a pull that is interrupted says what is kept', async () => {
  proxy = await startProxy(registry.address, () => ({stallAfter: 3_000_000}));
  const started = project.start(...pull(proxy.address, image.manifestDigest));
  const partial = join(store(), 'trust4.blobs', `${image.layerDigest.replace(':', '-')}.partial`);
  await until('three megabytes', () => (statSync(partial, {throwIfNoEntry: false})?.size ?? 0) >= 3_000_000);
  started.child.kill('SIGINT');
  expect(await started.ended).toBe(130);
  expect(started.stderr().split('\n').at(-2)).toBe('Interrupted. 3.0 MB are kept, and the next pull goes on from there. Run the same command again to go on.');
});

testHere('bytes that are not what their digest says are refused and not kept', async () => {
  const {code, stderr} = await pullThrough(() => ({other: true}));
  expect(code).toBe(1);
  expect(stderr.replace(/127\.0\.0\.1:\d+/g, '<registry>').replace(/sha256:[0-9a-f]{64}/g, 'sha256:…')).toBe(`trust4: pulling <registry>/lab/trust4@sha256:…
trust4: not pulled
The blob from <registry> is not what its digest says: found sha256:…, expected sha256:….
    Nothing of it was kept. Check the digest in containers/images.yaml, or the registry.
`);
  expect(readdirSync(join(store(), 'trust4.blobs')).filter((name) => name.includes(image.layerDigest.slice(7)))).toEqual([]);
});

testHere('a digest that the registry does not have is told with the registry\'s own words', () => {
  const run = project.cli(...pull(registry.address, `sha256:${'0'.repeat(64)}`));
  expect(run.status).toBe(1);
  expect(run.stderr.replace(/127\.0\.0\.1:\d+/g, '<registry>')).toBe(`trust4: pulling <registry>/lab/trust4@sha256:${'0'.repeat(64)}
trust4: not pulled
http://<registry>/v2/lab/trust4/manifests/sha256:${'0'.repeat(64)} answered 404 (manifest unknown).
    No such image there: check name and digest.
`);
});

testHere('an image for another architecture is refused by name', async () => {
  const other = await pushImage(registry.address, 'lab/trust4', 's390x');
  const run = project.cli(...pull(registry.address, other.manifestDigest));
  expect(run.status).toBe(1);
  expect(run.stderr).toMatch(/has no image for linux\/(amd64|arm64); it offers linux\/s390x\.\n$/);
  expect(existsSync(join(store(), 'trust4.tar'))).toBe(false);
});

test('without a network the registry and what to do are named', async () => {
  const address = `127.0.0.1:${await freePort()}`;
  const run = project.cli(...pull(address, `sha256:${'0'.repeat(64)}`));
  expect(run.status).toBe(1);
  expect(run.stderr.split('\n').slice(2).join('\n')).toBe(`The registry ${address} does not answer: ECONNREFUSED
    Check the network (proxies: NODE_USE_ENV_PROXY=1 with HTTPS_PROXY; own authorities: NODE_EXTRA_CA_CERTS) and run the same command again.
`);
});
