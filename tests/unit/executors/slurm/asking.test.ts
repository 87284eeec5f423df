import {expect, test} from 'vitest';
import {factsIn} from '../../../../pipeline/executors/slurm/cluster-facts.ts';
import {startPace} from '../../../../pipeline/executors/slurm/pace.ts';
import {sbatchOptions, withoutNodes} from '../../../../pipeline/executors/slurm/sbatch-options.ts';

const job = {name: 'n', comment: 'c', output: '/runs/100%/slurm.log', folder: '/runs/100%'};

test('limits and profile become options; a time limit is whole minutes and at most what the profile allows', () => {
  const options = sbatchOptions({partition: 'long', account: 'lupus', qos: 'low', constraint: 'avx2', time_limit_minutes: 60, extra: ['--exclude=n7']}, {cpus: 2, memory_gb: 1.5, minutes: 90.5}, job);
  expect(options).toEqual([
    '--parsable', '--kill-on-invalid-dep=yes', '--open-mode=append', '--job-name=n', '--comment=c', '--output=/runs/100%%/slurm.log', '--chdir=/runs/100%',
    '--nodes=1', '--ntasks=1', '--cpus-per-task=2', '--mem=1536M', '--time=60', '--partition=long', '--account=lupus', '--qos=low', '--constraint=avx2', '--exclude=n7',
  ]);
  expect(sbatchOptions({}, {cpus: 1, memory_gb: 1, minutes: 0.5}, job)).toContain('--time=1');
});

test('nodes to avoid join those of the profile: sbatch heeds the last --exclude alone', () => {
  expect(withoutNodes({}, []).extra).toBeUndefined();
  expect(withoutNodes({}, ['n1', 'n2']).extra).toEqual(['--exclude=n1,n2']);
  expect(withoutNodes({extra: ['--exclude=n7', '--nice']}, ['n1']).extra).toEqual(['--exclude=n7', '--nice', '--exclude=n7,n1']);
});

/** Seconds at which Slurm is asked, of a clock that we turn. */
function asks(seconds: number, {hasEnded, changesAt = []}: {hasEnded: boolean; changesAt?: readonly number[]}): number[] {
  let clock = 0;
  const pace = startPace(30, () => clock);
  pace.asked(true);
  const at: number[] = [];
  for (; clock <= seconds * 1000; clock += 250) {
    if (!pace.isDue(hasEnded)) continue;
    at.push(clock / 1000);
    pace.asked(changesAt.includes(at.length));
  }
  return at;
}

test('while nothing changes Slurm is asked ever less often, and every 30 seconds in the end', () => {
  const at = asks(3600, {hasEnded: false});
  expect(at.slice(0, 4)).toEqual([2, 5, 9.5, 16.25]);
  // The first minutes, then 120 an hour.
  expect(at.length).toBeLessThan(130);
  expect(at[at.length - 1] - at[at.length - 2]).toBe(30);
});

test('after an end it is asked each second at most, also while ends keep coming', () => {
  expect(asks(5, {hasEnded: true, changesAt: [1, 2, 3, 4, 5, 6]})).toEqual([1, 2, 3, 4, 5]);
  expect(asks(60, {hasEnded: true}).length).toBeLessThan(15);
});

test('what the cluster says of arrays and accounts', () => {
  const config = 'Configuration data as of 2026-11-26T01:00:00\nAccountingStorageType   = accounting_storage/slurmdbd\nMaxArraySize            = 5001\n';
  expect(factsIn(config)).toEqual({maxArraySize: 5001, hasAccounting: true});
  expect(factsIn(config.replace('slurmdbd', 'none').replace('5001', '0'))).toEqual({maxArraySize: 0, hasAccounting: false});
});
