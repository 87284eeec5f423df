// Images that are built here: two builds have one id, and every form that is made of one is the same image.
import {spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, expect, test} from 'vitest';
import {describeWithEngine} from '../../rig/engines.ts';
import {cliOnMachine} from '../../rig/program-image.ts';

const store = mkdtempSync(join(tmpdir(), 'lymphline-images-'));
afterAll(() => rmSync(store, {recursive: true, force: true}));
const images = (...argv: string[]): ReturnType<typeof cliOnMachine> => cliOnMachine(['images', ...argv], {LYMPHLINE_IMAGES: store});
const record = (path: string): {id: string} => JSON.parse(readFileSync(join(store, `${path}.json`), 'utf8')) as {id: string};

describeWithEngine('podman', ({environment}) => {
  const inPodman = (...argv: string[]): string => spawnSync('podman', argv, {encoding: 'utf8', env: environment}).stdout.trim();

  test('two builds from nothing give one id and one archive', () => {
    const build = (): {id: string; sum: string} => {
      rmSync(join(store, 'lymphline.tar'), {force: true});
      const built = images('build', 'lymphline', '--base', 'local', '--builder', 'podman', '--no-cache', '--json');
      expect(`${built.stderr} exit ${String(built.status)}`).toMatch(/exit 0$/);
      const [{id}] = JSON.parse(built.stdout) as [{id: string}];
      expect(built.stderr.includes('    lymphline.sif is an older image: convert lymphline again.\n')).toBe(existsSync(join(store, 'lymphline.sif')));
      return {id, sum: spawnSync('sha256sum', [join(store, 'lymphline.tar')], {encoding: 'utf8'}).stdout.slice(0, 64)};
    };
    const first = build();
    // What an engine would go on to start.
    writeFileSync(join(store, 'lymphline.sif'), '');
    writeFileSync(join(store, 'lymphline.sif.json'), JSON.stringify({image: 'lymphline', id: 'sha256:0', made: 'convert'}));
    expect(first.id).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(build()).toEqual(first);
    for (const name of ['lymphline.sif', 'lymphline.sif.json']) rmSync(join(store, name));
    expect(record('lymphline.tar')).toEqual({image: 'lymphline', id: first.id, made: 'build'});
    expect(readdirSync(store).sort()).toEqual(['lymphline.log', 'lymphline.tar', 'lymphline.tar.json']);
  }, 1_200_000);

  test('the image is the command line, for a user that is not root, and nothing of this machine is in its history', () => {
    const {id} = record('lymphline.tar');
    expect(inPodman('run', '--rm', '--network', 'none', '--read-only', id, 'lymphline', '--version')).toBe((JSON.parse(readFileSync('package.json', 'utf8')) as {version: string}).version);
    const [{Config, Labels}] = JSON.parse(inPodman('image', 'inspect', id)) as [{Config: {User: string}; Labels: Record<string, string>}];
    expect(Config.User).toBe('1000:1000');
    expect(Labels['org.opencontainers.image.title']).toBe('lymphline-lymphline');
    expect(inPodman('history', '--no-trunc', '--format', '{{.CreatedBy}}', id)).not.toMatch(/secret[^,]*src=|proxy|\/root|http/i);
  });

  test('a folder for Charliecloud is the same image, with its variables, and starts', () => {
    const made = images('convert', 'lymphline', '--engine', 'charliecloud');
    expect(`${made.stderr} exit ${String(made.status)}`).toMatch(/exit 0$/);
    expect(record('lymphline.dir').id).toBe(record('lymphline.tar').id);
    expect(readFileSync(join(store, 'lymphline.dir/ch/environment'), 'utf8')).toContain('LANG=C.UTF-8\n');
    expect(existsSync(join(store, 'lymphline.dir/usr/local/bin/node'))).toBe(true);
    expect(images('convert', 'lymphline', '--engine', 'charliecloud').stderr).toContain('was here already');
    const started = spawnSync('ch-run', [join(store, 'lymphline.dir'), '--', 'node', '--version'], {encoding: 'utf8', env: environment});
    if (started.error === undefined) expect(`${started.stdout}${started.stderr}`).toMatch(/^v24\./);
  });
});

test('an image that is not here cannot be converted, and the way to it is told', () => {
  const run = images('convert', 'igblast', '--engine', 'apptainer');
  expect(run.status).toBe(1);
  expect(run.stderr.replaceAll(store, '<store>')).toBe(`igblast: converting to <store>/igblast.sif
igblast: not converted
<store>/igblast.tar does not exist; other forms of igblast are made from it.
    Run \`lymphline images build igblast\` where there is a network, or copy the file here.
`);
});

test('a build without an engine says what each of them said', () => {
  const run = cliOnMachine(['images', 'build', 'star'], {LYMPHLINE_IMAGES: store, PATH: '/nowhere'});
  expect(run.status).toBe(1);
  expect(run.stderr).toBe(`No engine here can build images:
    podman: spawn podman ENOENT
    docker: spawn docker ENOENT
    Install Podman, or Docker with buildx; or copy the image files of another machine into the image folder.
`);
});

test.each([
  [['buil'], 'images has no verb "buil". Did you mean "build"? Its verbs: list pull build convert.'],
  [['build', 'start'], 'There is no image "start". Did you mean "star"? Images: lymphline star kallisto igblast scanpy r-limma trust4.'],
  [['build', 'trust4'], 'trust4 has no containers/trust4/Containerfile: it is not built but pulled (lymphline images pull trust4).'],
  [['convert', 'star', '--engine', 'docker'], '--engine is "docker"; expected apptainer or charliecloud (Docker and Podman load NAME.tar themselves).'],
])('images %j is refused with what would be right', (argv, words) => {
  const run = images(...argv);
  expect(run.status).toBe(2);
  expect(run.stderr.split('\n')[0]).toBe(words);
});
