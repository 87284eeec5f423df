// What a run without some of its samples says of them: which, why, and which contrasts lost pairs.
import type {Quarantine} from '../model/event.ts';
import type {Contrast} from '../model/job-file.ts';
import type {LibraryRow} from '../model/run-config.ts';
import {pairedPatients} from './plan-power.ts';
import {withExcluded} from './prepare-run.ts';

export function quarantineText(quarantined: readonly Quarantine[], {rows, contrasts}: {readonly rows: readonly LibraryRow[]; readonly contrasts: readonly Contrast[]}): string {
  if (quarantined.length === 0) return '';
  const without = withExcluded(rows, new Map(quarantined.map(({sample_id, reason}) => [sample_id, reason])));
  const lost = contrasts.flatMap((contrast) => {
    const left = new Set(pairedPatients(without, contrast));
    const gone = pairedPatients(rows, contrast).filter((patient) => !left.has(patient));
    return gone.length === 0 ? [] : [`    contrast ${contrast.name} lost the pairs of ${gone.join(', ')}; ${left.size} ${left.size === 1 ? 'is' : 'are'} left.`];
  });
  const samples = quarantined.map(({sample_id, reason}) => `    ${sample_id} ${reason}`);
  return `${[`${quarantined.length} ${quarantined.length === 1 ? 'sample was' : 'samples were'} left out:`, ...samples, ...lost, '    Mend what failed and run again: it is taken in, and what depends on it is made again.'].join('\n')}\n`;
}
