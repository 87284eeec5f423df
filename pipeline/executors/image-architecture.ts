// Is an image made for this machine's processor? Told before a run starts; an engine that emulates another is asked for proof.
import {closeSync, openSync, readSync, statSync} from 'node:fs';
import {join} from 'node:path';
import type {Environment} from './engine.ts';
import {askProcess} from './process.ts';

type EngineName = 'docker' | 'podman' | 'apptainer' | 'charliecloud';

export interface Mismatch {
  /** In Debian's and Docker's words: amd64, arm64. */
  readonly architecture: string;
  readonly machine: string;
}

export async function findMismatch(engine: EngineName, image: {readonly id: string; readonly place: string}, environment: Environment): Promise<Mismatch | undefined> {
  const architecture = engine === 'docker' || engine === 'podman' ? await ofDaemon(engine, image.id, environment) : architectureOf(image.place);
  const machine = machineNames[process.arch] ?? process.arch;
  if (architecture === undefined || architecture === machine) return undefined;
  const {exitCode} = await askProcess(probes[engine](image.place), {environment});
  return exitCode === 0 ? undefined : {architecture, machine};
}

const machineNames: Readonly<Record<string, string>> = {x64: 'amd64', arm64: 'arm64'};

const probes: Readonly<Record<EngineName, (place: string) => string[]>> = {
  docker: (place) => ['docker', 'run', '--rm', '--pull', 'never', '--network', 'none', '--entrypoint', '', place, 'true'],
  podman: (place) => ['podman', 'run', '--rm', '--pull', 'never', '--network', 'none', '--entrypoint', '', place, 'true'],
  apptainer: (place) => ['apptainer', 'exec', place, 'true'],
  charliecloud: (place) => ['ch-run', place, '--', 'true'],
};

async function ofDaemon(program: string, id: string, environment: Environment): Promise<string | undefined> {
  const {exitCode, stdout} = await askProcess([program, 'image', 'inspect', '--format', '{{.Architecture}}', id], {environment});
  return exitCode === 0 && stdout.trim() !== '' ? stdout.trim() : undefined;
}

/** Of a SIF, or of the shell in an unpacked image; undefined where neither says. */
export function architectureOf(path: string): string | undefined {
  if (!statSync(path).isDirectory()) return sifArchitectures[startOf(path, 48).subarray(45, 47).toString()];
  const shell = ['bin/sh', 'usr/bin/env'].map((name) => startOf(join(path, name), 20)).find((start) => start.subarray(1, 4).toString() === 'ELF');
  return shell === undefined ? undefined : elfMachines[shell.readUInt16LE(18)];
}

/** Two digits after launcher line (32 bytes), magic (10) and version (3): the SIF format's header. */
const sifArchitectures: Readonly<Record<string, string>> = {'02': 'amd64', '04': 'arm64'};
/** e_machine of an ELF header: EM_X86_64, EM_AARCH64. */
const elfMachines: Readonly<Record<number, string>> = {62: 'amd64', 183: 'arm64'};

function startOf(path: string, nBytes: number): Buffer {
  const bytes = Buffer.alloc(nBytes);
  try {
    const file = openSync(path, 'r');
    readSync(file, bytes, 0, nBytes, 0);
    closeSync(file);
  } catch {
    // A folder without a shell is the engine's to refuse.
  }
  return bytes;
}
