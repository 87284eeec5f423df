// How often every test of the program rejects when nothing changed: 2,000 simulated cohorts each, with the tails, beside what other tools were measured to do on the
// same kind of simulation.
import {calibratedTests, rejectionRates} from '../rig/calibration.ts';

const nRuns = 2000;
const patients = [4, 5, 7, 8, 12, 20];

/** Measured with sctrial 1.0.0, scanpy 1.12.4 and scipy 1.18.1, 300 to 1,000 features, the same spreads. */
const peers: readonly (readonly [string, number, number, number, number])[] = [
  ['sctrial 1.0.0 within_arm_comparison, default', 4, 0.057, 0.027, 0.017],
  ['sctrial 1.0.0 within_arm_comparison, default', 7, 0.036, 0.009, 0.005],
  ['sctrial 1.0.0 within_arm_comparison, default', 20, 0.01, 0.002, 0],
  ['sctrial 1.0.0 aggregate="cell"', 5, 0.1167, 0.07, 0.04],
  ['scanpy 1.12.4 t-test over cells', 5, 0.416, 0.287, 0.165],
  ['scanpy 1.12.4 t-test over cells', 8, 0.376, 0.239, 0.132],
  ['scanpy 1.12.4 Wilcoxon over cells', 5, 0.409, 0.278, 0.168],
  ['scanpy 1.12.4 Wilcoxon over cells', 8, 0.368, 0.239, 0.13],
];

export async function benchCalibration(): Promise<string> {
  const started = performance.now();
  const line = (name: string, n: number, tests: string, below: readonly number[]): string => `${name.padEnd(46)} ${String(n).padStart(3)} ${tests.padStart(7)}  ${below.map((share) => share.toFixed(4)).join('  ')}`;
  console.log(`${'test'.padEnd(46)}   n   tests  p<.05   p<.01   p<.001`);
  for (const test of calibratedTests) {
    for (const n of patients) {
      const {nTests, below} = rejectionRates(test, n, nRuns, 2);
      console.log(line(test, n, String(nTests), below));
    }
  }
  for (const [name, n, ...below] of peers) console.log(line(name, n, '', below));
  return `calibration: ${nRuns} cohorts a test and number of patients, ${((performance.now() - started) / 1000).toFixed(0)} s`;
}
