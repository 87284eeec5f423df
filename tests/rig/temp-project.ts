// A project of a test's own: the real command line and engine (copied, so that a test may edit them) around steps that the test writes.
import {execFile, spawn, spawnSync, type ChildProcess} from 'node:child_process';
import {cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join, resolve} from 'node:path';

const root = resolve(import.meta.dirname, '../..');

export interface CliRun {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface TempProject {
  readonly folder: string;
  /** Runs to the end, in `folder`. */
  readonly cli: (...argv: string[]) => CliRun;
  /** The same without keeping other tests waiting. */
  readonly ask: (...argv: string[]) => Promise<CliRun>;
  /** Starts and returns; stderr is collected in `stderr`. */
  readonly start: (...argv: string[]) => {readonly child: ChildProcess; readonly stderr: () => string; readonly ended: Promise<number | string>};
  readonly write: (path: string, content: string) => void;
  /** Replaces what differs from run to run: the folder, times, digests, durations. */
  readonly scrub: (text: string) => string;
  readonly remove: () => void;
}

/** `files`: path -> content, below the project; `given`: the environment of the command line. A step's run.ts may import from `../../pipeline/…`. */
export function createProject(files: Readonly<Record<string, string>>, given: NodeJS.ProcessEnv = process.env): TempProject {
  const folder = mkdtempSync(join(tmpdir(), 'lymphline-project-'));
  for (const name of ['pipeline', 'configs', 'package.json', 'CITATION.cff']) cpSync(join(root, name), join(folder, name), {recursive: true});
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const write = (path: string, content: string): void => {
    mkdirSync(dirname(join(folder, path)), {recursive: true});
    writeFileSync(join(folder, path), content);
  };
  for (const [path, content] of Object.entries(files)) write(path, content);
  const argvOf = (argv: readonly string[]): string[] => ['--disable-warning=ExperimentalWarning', join(folder, 'pipeline/cli/main.ts'), ...argv];
  const {LYMPHLINE_CACHE: _cache, ...environment} = given;
  return {
    folder,
    cli: (...argv) => spawnSync(process.execPath, argvOf(argv), {cwd: folder, encoding: 'utf8', timeout: 280_000, env: environment}),
    ask: (...argv) =>
      new Promise((answer) => {
        execFile(process.execPath, argvOf(argv), {cwd: folder, timeout: 280_000, env: environment}, (error, stdout, stderr) => answer({status: error === null ? 0 : typeof error.code === 'number' ? error.code : null, stdout, stderr}));
      }),
    start: (...argv) => {
      const child = spawn(process.execPath, argvOf(argv), {cwd: folder, env: environment, stdio: ['ignore', 'ignore', 'pipe']});
      let text = '';
      child.stderr.on('data', (data: Buffer) => (text += data.toString()));
      return {child, stderr: () => text, ended: new Promise((ended) => child.on('close', (code, signal) => ended(code ?? signal ?? '')))};
    },
    write,
    scrub: (text) =>
      text
        .replaceAll(folder, '<project>')
        .replace(/^\d\d:\d\d:\d\d /gm, '')
        .replace(/\d+\.\d s\b/g, '<time>')
        .replace(/\d+ cores, [\d.]+ GB/g, '<machine>'),
    remove: () => rmSync(folder, {recursive: true, force: true}),
  };
}

/** A step.yaml with what a test does not care about filled in. */
export function stepYaml(name: string, rest: string): string {
  const rows = rest.trimEnd().split('\n').map((line) => line.replace(/^ {4}/, '')).join('\n');
  return `name: ${name}\nsummary: A step of a test.\ndesign: keys\nresources: {cpus: 1, memory_gb: 1, minutes: 1}\ncontainer: lymphline\ncommand: [node, run.ts]\ndeterminism: exact\n${rows}\n`;
}

/** A run.ts around a body that has \`job\`, \`readFileSync\`, \`writeFileSync\` and \`refuse\`. */
export function stepCode(body: string): string {
  return `import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {refuse, runStep} from '../../pipeline/step-runtime/run-step.ts';
void existsSync; void readFileSync; void refuse;
await runStep(async (job) => {
${body}
});
`;
}
