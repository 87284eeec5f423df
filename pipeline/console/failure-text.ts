// The words for what kept a run from being planned: where, what was found, what was expected, what to do next.
import {underline, type Location} from '../base/located-text.ts';
import {unreachable} from '../base/result.ts';
import type {Failure} from '../model/failure.ts';

export function failureText(failure: Failure): string {
  switch (failure.reason) {
    case 'config-invalid':
    case 'sheet-invalid':
    case 'step-contract-invalid': {
      const {place, found, expected, advice} = failure;
      return located(place, `${found}${expected === '' ? '' : `, expected ${expected}`}.`, advice);
    }
    case 'file-missing':
      return `${failure.path} does not exist; ${failure.askedBy} names it.`;
    case 'file-unreadable':
      return `${failure.path} cannot be read (${unreadable[failure.code] ?? failure.code}); ${failure.askedBy} names it.`;
    case 'profile-missing': {
      const found = `There is no profile "${failure.wanted}".${failure.closest === undefined ? '' : ` Did you mean "${failure.closest}"?`}`;
      const advice = `Shipped: ${failure.known.join(' ')}; or give the path of a file.`;
      return failure.place === undefined ? `${found} ${advice}` : located(failure.place, found, advice);
    }
    case 'plan-cycle':
      return `These steps wait for each other: ${failure.steps.join(' -> ')}.`;
    case 'plan-missing-producer':
      return `steps/${failure.step}/step.yaml input "${failure.input}" comes from "${failure.from}", which nothing makes.${failure.closest === undefined ? '' : ` Did you mean "${failure.closest}"?`}`;
    default:
      return unreachable(failure);
  }
}

const unreadable: Readonly<Record<string, string>> = {EISDIR: 'it is a folder', EACCES: 'permission denied', ENOTDIR: 'part of its path is a file'};

/** Short advice follows on the line, longer has its own. */
function located(place: Location, head: string, advice: string): string {
  const next = advice === '' ? '' : advice.length <= 60 ? ` ${advice}` : `\n    ${advice}`;
  return `${place.file}:${place.line}:${place.column} ${head}${next}\n${underline(place)}`;
}
