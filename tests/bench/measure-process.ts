// One command from start to end: its seconds, and of its own process the peak memory (VmHWM, proc(5)) and the processor's time, asked from outside while it runs.
import {spawnSync} from 'node:child_process';

export interface ProcessCost {
  readonly seconds: number;
  readonly peak_mb: number;
  /** User and system time of the process itself, up to a tenth of a second before its end: what else runs on the machine changes it less than the seconds. */
  readonly cpu_seconds: number;
}

const script = '"$@" >/dev/null 2>err & pid=$!; peak=0; while kill -0 $pid 2>/dev/null; do now=$(sed -n "s/VmHWM:[^0-9]*\\([0-9]*\\) kB/\\1/p" /proc/$pid/status 2>/dev/null); [ -n "$now" ] && peak=$now; read -r stat </proc/$pid/stat; sleep 0.1; done 2>/dev/null; wait $pid; echo "peak $peak status $?"; echo "stat $stat"; tail -n 5 err >&2; rm err';

export function measureProcess(argv: readonly string[], folder: string, environment: NodeJS.ProcessEnv = process.env): ProcessCost {
  const started = performance.now();
  const done = spawnSync('sh', ['-c', script, 'sh', ...argv], {cwd: folder, encoding: 'utf8', env: environment, timeout: 1_800_000});
  const seconds = (performance.now() - started) / 1000;
  const [, peak = '0', status = ''] = /peak (\d+) status (\d+)/.exec(done.stdout) ?? [];
  if (status !== '0') throw new Error(`${argv.join(' ')} ended with ${status}: ${done.stderr}`);
  // Fields 14 and 15, in ticks of which Linux has 100 a second; the second field may hold spaces.
  const [user = '', system = ''] = done.stdout.slice(done.stdout.lastIndexOf(')') + 2).split(' ').slice(11);
  return {seconds, peak_mb: Number(peak) / 1024, cpu_seconds: (Number(user) + Number(system)) / 100};
}

/** Least squares of seconds over jobs: seconds a job, and at none. */
export function costLine(points: readonly (readonly [jobs: number, seconds: number])[]): {readonly slope: number; readonly intercept: number} {
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  const slope = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return {slope, intercept: meanY - slope * meanX};
}
