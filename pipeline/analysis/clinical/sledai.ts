// SLEDAI-2K from its 24 items (Gladman et al. 2002). An item that was not recorded is not an absent one.
import {clinicalItems, sledaiItems, sledaiWeight} from './sledai-items.ts';
import {isMissing, type Known, type Verdict} from './three-valued.ts';
import type {Visit} from './visit.ts';

/** The sum of the items. A sheet without any item may give the total alone (rule `sledai-2k-recorded`). */
export function sledai2k({items, recordedTotal}: Visit): Known<number> {
  if (sledaiItems.every((item) => items[item] === null)) return recordedTotal ?? {missing: 'no SLEDAI-2K item and no total recorded'};
  return sumOf(items, sledaiItems);
}

export function sledaiRule({items, recordedTotal}: Visit): string {
  return recordedTotal !== null && sledaiItems.every((item) => items[item] === null) ? 'sledai-2k-recorded' : 'sledai-2k';
}

/** SLEDAI-2K without low complement and DNA binding. */
export function clinicalSledai({items}: Visit): Known<number> {
  return sumOf(items, clinicalItems);
}

/** Whether a score is at most `limit`: decided as false by the items that are there, even where others are missing. */
export function isAtMost(limit: number, visit: Visit, items: readonly string[], score: Known<number>): Verdict {
  if (!isMissing(score)) return score <= limit;
  const seen = items.reduce((sum, item) => sum + (visit.items[item] === 1 ? sledaiWeight(item) : 0), 0);
  return seen > limit ? false : score;
}

function sumOf(items: Visit['items'], names: readonly string[]): Known<number> {
  const absent = names.filter((item) => items[item] === null);
  if (absent.length > 0) return {missing: `incomplete: ${absent.length > 3 ? `${absent.length} items` : absent.join(' and ')} not recorded`};
  return names.reduce((sum, item) => sum + (items[item] === 1 ? sledaiWeight(item) : 0), 0);
}
