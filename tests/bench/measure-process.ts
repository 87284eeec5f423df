// One command from start to end: its seconds, and the peak memory of its own process (VmHWM, proc(5)), asked from outside while it runs.
import {spawnSync} from 'node:child_process';

export interface ProcessCost {
  readonly seconds: number;
  readonly peak_mb: number;
}

const script = '"$@" >/dev/null 2>err & pid=$!; peak=0; while kill -0 $pid 2>/dev/null; do now=$(sed -n "s/VmHWM:[^0-9]*\\([0-9]*\\) kB/\\1/p" /proc/$pid/status 2>/dev/null); [ -n "$now" ] && peak=$now; sleep 0.1; done; wait $pid; echo "peak $peak status $?"; tail -n 5 err >&2; rm err';

export function measureProcess(argv: readonly string[], folder: string, environment: NodeJS.ProcessEnv = process.env): ProcessCost {
  const started = performance.now();
  const done = spawnSync('sh', ['-c', script, 'sh', ...argv], {cwd: folder, encoding: 'utf8', env: environment, timeout: 1_800_000});
  const seconds = (performance.now() - started) / 1000;
  const [, peak = '0', status = ''] = /peak (\d+) status (\d+)/.exec(done.stdout) ?? [];
  if (status !== '0') throw new Error(`${argv.join(' ')} ended with ${status}: ${done.stderr}`);
  return {seconds, peak_mb: Number(peak) / 1024};
}

/** Least squares of seconds over jobs: seconds a job, and at none. */
export function costLine(points: readonly (readonly [jobs: number, seconds: number])[]): {readonly slope: number; readonly intercept: number} {
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  const slope = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return {slope, intercept: meanY - slope * meanX};
}
