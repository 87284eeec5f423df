// Cpu seconds and peak memory of each job of a run, read from /proc while it lasts (Linux): a step's process gets few variables, so that nothing can be preloaded into it.
import {spawn} from 'node:child_process';
import {readdirSync, readFileSync} from 'node:fs';

export interface JobSpent {
  readonly step: string;
  readonly wall: number;
  readonly cpu: number;
  readonly rss_mb: number;
}

const ticksPerSecond = 100;
/** Memory never falls in this reading, so only what a process asks for in its last moments is missed. */
const everyMilliseconds = 100;

/** Starts `argv` and waits; `runDirectory`: of the run that it makes. */
export async function watchJobs(argv: readonly string[], {environment, runDirectory}: {environment: Readonly<Record<string, string>>; runDirectory: string}): Promise<JobSpent[]> {
  const seen = new Map<string, {cpu: number; rss_mb: number}>();
  const timer = setInterval(() => lookAround(runDirectory, seen), everyMilliseconds);
  const [program, ...rest] = argv;
  const child = spawn(program, rest, {env: {...process.env, ...environment}, stdio: ['ignore', 'ignore', 'pipe']});
  let words = '';
  child.stderr.on('data', (bytes: Buffer) => (words = (words + bytes.toString()).slice(-2000)));
  const code = await new Promise<number | null>((resolve, reject) => child.once('exit', resolve).once('error', reject));
  clearInterval(timer);
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${String(code)}: ${words}`);
  const [header, ...lines] = readFileSync(`${runDirectory}/trace.tsv`, 'utf8').trim().split('\n').map((line) => line.split('\t'));
  const at = (line: readonly string[], column: string): string => line[header.indexOf(column)];
  return lines.map((line) => ({step: at(line, 'process'), wall: Number(at(line, 'realtime')) / 1000, ...(seen.get(at(line, 'workdir')) ?? {cpu: 0, rss_mb: 0})}));
}

function lookAround(runDirectory: string, seen: Map<string, {cpu: number; rss_mb: number}>): void {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const job = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').find((word) => word.startsWith(runDirectory) && word.endsWith('/job.json'));
      if (job === undefined) continue;
      const peak = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
      // Behind the program's name, which may hold blanks: fields 14 and 15 are the ticks in user and kernel mode.
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
      if (peak !== undefined) seen.set(job.slice(0, -'/job.json'.length), {cpu: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond, rss_mb: Number(peak) / 1024});
    } catch {
      // It ended while it was looked at.
    }
  }
}
