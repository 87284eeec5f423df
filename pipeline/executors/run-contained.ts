// One command through launcher x engine: start it, read its end, leave no container behind.
import {chownSync, readdirSync} from 'node:fs';
import {join} from 'node:path';
import {readEnd} from '../base/file-end.ts';
import {shellWord} from '../base/shell-word.ts';
import {threadsOf, type ContainerEngine, type Environment, type EngineRequest} from './engine.ts';
import type {Launch, Launcher} from './launcher.ts';
import {askProcess, type ProcessEnd} from './process.ts';
import {copyOutputsOut, makeScratch, removeScratch, temporaryIn, type Scratch} from './scratch.ts';
import type {Watchdog} from './watchdog.ts';

export interface Executor {
  readonly launcher: Launcher;
  readonly engine: ContainerEngine;
  /** What the engine's own client needs of the caller's environment; the program inside gets none of it. */
  readonly clientEnvironment: Environment;
  readonly watchdog: Watchdog;
}

/** `argv`: the request as the engine wrapped it. */
export type ContainedCommand = Pick<Launch, 'argv' | 'logPath' | 'timeoutSeconds' | 'graceSeconds' | 'signal' | 'onPeak' | 'onNoPeak' | 'onRan' | 'isUnderWay' | 'files'> & Partial<Pick<Launch, 'job' | 'hash' | 'avoidNodes'>> & {/** While its temporary files are still there. */ readonly onEnd?: (end: ProcessEnd) => void};

/** Resolves when nothing of it runs any more. */
export async function runContained(executor: Executor, request: EngineRequest, command: ContainedCommand): Promise<ProcessEnd> {
  const {engine, launcher, watchdog, clientEnvironment} = executor;
  const {onPeak, onEnd, ...rest} = command;
  const isLinked = engine.program === undefined;
  const here = launcher.scratchWord === undefined ? request.scratch : undefined;
  const ofEngine = isLinked ? {...threadsOf(request.limits), ...request.environment} : clientEnvironment;
  // On another machine its script says where they lie.
  const environment = request.scratch === undefined ? ofEngine : {...ofEngine, TMPDIR: here === undefined ? undefined : temporaryIn(here.folder)};
  if (here !== undefined) makeScratch(here, isLinked);
  try {
    if (engine.user !== undefined && engine.user.uid !== process.getuid?.()) for (const path of [...request.writable, ...(here === undefined ? [] : [here.folder])]) giveTo(engine.user, path);
    const remove = engine.daemon?.remove([request.name]);
    const remains = [...(remove === undefined ? [] : [remove]), ...(here === undefined ? [] : [['rm', '-rf', here.folder]])];
    const onStart = (pid: number): void => watchdog.watch(request.name, [`kill -s KILL -- -${pid}`, ...remains.map((argv) => argv.map(shellWord).join(' '))].join('; '));
    const end = await launcher.launch({
      job: request.name, hash: '', ...rest, folder: request.folder, limits: request.limits, environment, onStart,
      // What a daemon starts is no child of its client.
      ...(engine.daemon === undefined && onPeak !== undefined ? {onPeak} : {}),
      ...(request.scratch === undefined ? {} : {scratch: {...request.scratch, name: request.name, isLinked}}),
    });
    // A client that ended by itself saw its container end; one that was killed leaves it running.
    if (remove !== undefined && end.kind !== 'exit' && end.kind !== 'not-started') await askProcess(remove, {environment});
    watchdog.done(request.name);
    const told = engine.readEnd(end, {request, log: readEnd(command.logPath, 4000)});
    onEnd?.(told);
    return here === undefined ? told : await afterCopyingOut(told, here);
  } finally {
    if (here !== undefined) await removeScratch(here);
  }
}

async function afterCopyingOut(end: ProcessEnd, {folder, outputs}: Scratch): Promise<ProcessEnd> {
  if (outputs === undefined || end.kind !== 'exit' || end.exitCode !== 0) return end;
  const trouble = await copyOutputsOut(folder, outputs);
  return trouble === undefined ? end : {kind: 'not-copied-out', path: trouble.path ?? outputs, code: trouble.code};
}

/** Containers of this run that an earlier engine could not remove. */
export async function removeLeftovers({engine, clientEnvironment}: Pick<Executor, 'engine' | 'clientEnvironment'>, run: string): Promise<number> {
  if (engine.daemon === undefined) return 0;
  const {stdout} = await askProcess(engine.daemon.list(run), {environment: clientEnvironment});
  const names = stdout.split('\n').filter((line) => line !== '');
  if (names.length > 0) await askProcess(engine.daemon.remove(names), {environment: clientEnvironment});
  return names.length;
}

function giveTo({uid, gid}: {readonly uid: number; readonly gid: number}, path: string): void {
  chownSync(path, uid, gid);
  for (const entry of readdirSync(path, {withFileTypes: true})) {
    const inside = join(path, entry.name);
    if (entry.isDirectory()) giveTo({uid, gid}, inside);
    else if (entry.isFile()) chownSync(inside, uid, gid);
  }
}
