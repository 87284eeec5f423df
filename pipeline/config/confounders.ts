// A contrast whose sides share no batch (or no chemistry) cannot tell time from technique.
import type {Contrast} from '../model/job-file.ts';
import type {Warning} from '../model/warning.ts';
import type {SampleRow} from './sample-row.ts';

export function confounders(rows: readonly SampleRow[], contrast: Contrast): Warning[] {
  return ['batch', 'chemistry'].flatMap((column): Warning[] => {
    const valuesOn = (side: string): Set<string> =>
      new Set(rows.filter((row) => row.library.columns[contrast.by] === side).map((row) => row.library.columns[column] ?? '').filter((value) => value !== ''));
    const [before, after] = [valuesOn(contrast.before), valuesOn(contrast.after)];
    if (column === contrast.by || before.size === 0 || after.size === 0 || [...before].some((value) => after.has(value))) return [];
    const side = (name: string, values: Set<string>): string => `${name}: ${[...values].sort().join(', ')}`;
    return [{text: `contrast ${contrast.name} is wholly confounded with ${column} (${side(contrast.before, before)}; ${side(contrast.after, after)}): a difference between the sides may come from either.`}];
  });
}
