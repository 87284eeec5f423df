// What `lymphline images` says when it cannot: each message whole.
import {mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {join, resolve} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {takeLock} from '../../../pipeline/record/lock.ts';
import {describeWithEngine} from '../../rig/engines.ts';
import {freePort} from '../../rig/loopback-registry.ts';
import {createProject, stepYaml, type CliRun, type TempProject} from '../../rig/temp-project.ts';

const root = resolve(import.meta.dirname, '../../..');
const step = {'steps/count/step.yaml': stepYaml('count', 'per: cohort\ninputs: {}\nparams: {}\noutputs: {n: {format: tsv}}\n')};
const catalogue = 'tiny:\n  contents: nothing\n  licence: none\nfar:\n  contents: nothing\n  licence: none\n';
let project: TempProject;
const make = (containerfile: string, environment?: NodeJS.ProcessEnv): void => {
  project = createProject({...step, 'containers/images.yaml': catalogue, 'containers/tiny/Containerfile': containerfile, 'here.yaml': 'launcher: local\nengine: none\nimages: {folder: store}\n'}, environment);
  for (const name of ['host-config.sh', 'make-base.sh']) symlinkSync(join(root, 'containers', name), join(project.folder, 'containers', name));
};
const images = (...argv: string[]): CliRun => project.cli('images', ...argv, '--profile', './here.yaml');
const told = ({stderr}: CliRun): string => project.scrub(stderr);

beforeEach(() => make('ARG BASE=docker.io/library/debian:trixie-slim\nFROM ${BASE}\n'));
afterEach(() => project.remove());

test('an image without a reference cannot be pulled', () => {
  const run = images('pull', 'tiny');
  expect(run.status).toBe(1);
  expect(told(run)).toBe(`containers/images.yaml names no reference of tiny, so that it cannot be pulled.
    Build it: \`lymphline images build tiny\`; or say where it is: --reference REGISTRY/NAME@sha256:….
`);
});

test('a file that is no docker-archive is named', () => {
  project.write('store/tiny.tar', 'no archive');
  const run = images('convert', 'tiny', '--engine', 'charliecloud');
  expect(run.status).toBe(1);
  expect(told(run)).toBe(`tiny: converting to <project>/store/tiny.dir
tiny: not converted
<project>/store/tiny.tar is no docker-archive: no manifest.json in it.
    Build or pull it again.
`);
});

test('an image folder that cannot be made is named', () => {
  writeFileSync(join(project.folder, 'store'), '');
  const run = images('pull', 'tiny');
  expect(run.status).toBe(1);
  expect(told(run)).toBe(`<project>/store cannot be written (EEXIST).
    Free some space there, or choose another image folder (LYMPHLINE_IMAGES, or images: {folder: …} of the profile).
`);
});

test('one command works in an image folder at a time', async () => {
  mkdirSync(join(project.folder, 'store'));
  const lock = await takeLock(join(project.folder, 'store/.lock'));
  const run = images('convert', 'tiny', '--engine', 'charliecloud');
  expect(run.status).toBe(75);
  expect(told(run).replace(/process \d+ on \S+ since \S+\./, 'process <pid> on <host> since <time>.')).toBe(`The image folder <project>/store is in use by process <pid> on <host> since <time>.
    Wait for it, or stop it.
`);
  if (lock.kind === 'taken') lock.release();
  expect(images('convert', 'tiny', '--engine', 'charliecloud').status).toBe(1);
});

test('what answers like a registry but has no image is named', async () => {
  const server = createServer((_request, response) => response.end('{"hello": 1}'));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const started = project.start('images', 'pull', 'far', '--profile', './here.yaml', '--reference', `${address}/far:one`);
  expect(await started.ended).toBe(1);
  expect(started.stderr().replaceAll(address, '<registry>')).toBe(`far: pulling <registry>/far:one
far: not pulled
<registry>/far:one is no image: found a manifest without configuration and layers, expected a Docker or OCI image manifest.
`);
  server.close();
});

describeWithEngine('podman', ({environment}) => {
  const remake = (containerfile: string): void => {
    project.remove();
    make(containerfile, environment);
  };

  test('a build that fails shows its last lines and where the rest is', () => {
    remake('ARG BASE=docker.io/library/debian:trixie-slim\nFROM ${BASE}\nRUN echo no such package >&2; exit 3\n');
    const run = images('build', 'tiny', '--base', 'localhost/lymphline-base:trixie');
    expect(run.status).toBe(1);
    const lines = told(run).split('\n');
    expect(lines[0]).toBe('tiny: building with podman');
    expect(lines[1]).toBe('tiny: not built');
    expect(lines[2]).toMatch(/^podman could not build tiny \(exit code \d+\)\. Its last lines:$/);
    expect(lines).toContain('    no such package');
    expect(lines.at(-2)).toBe('    The whole log: <project>/store/tiny.log');
    expect(readdirSync(join(project.folder, 'store'))).toEqual(['tiny.log']);
  });

  test('a base that cannot be had is named, with what was tried instead', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    remake(`ARG BASE=${address}/library/alpine:3\nFROM \${BASE}\n`);
    const run = images('build', 'tiny');
    expect(run.status).toBe(1);
    expect(told(run).replaceAll(address, '<registry>')).toMatch(/^tiny: building with podman\ntiny: not built\nThe base image <registry>\/library\/alpine:3 cannot be had: .*connection refused\n {4}Nor was one made here: only Debian bases can be made here\n {4}Build where there is a network, or name a base that is here: --base IMAGE\.\n$/);
  });

  test('without the pinned Node there is no build', () => {
    remake('ARG BASE=docker.io/library/debian:trixie-slim\nFROM ${BASE}\n');
    const modules = join(project.folder, 'node_modules');
    rmSync(modules);
    mkdirSync(modules);
    for (const name of readdirSync(join(root, 'node_modules'))) if (!name.startsWith('node-linux-') && !name.startsWith('.')) symlinkSync(join(root, 'node_modules', name), join(modules, name));
    const run = images('build', 'tiny');
    expect(run.status).toBe(1);
    const name = `node-linux-${process.arch}`;
    expect(told(run)).toMatch(new RegExp(`^The npm package ${name}, whose Node goes into the image, is not installed. Looked in:\n {4}<project>/node_modules/${name}\n(.*\n)+ {4}Run \`npm ci\` in the project, on Linux\\.\n$`));
  });
});
