// The words for what kept a run from being planned: where, what was found, what was expected, what to do next.
import {underline} from '../base/located-text.ts';
import {unreachable} from '../base/result.ts';
import type {Failure} from '../model/failure.ts';

export function failureText(failure: Failure): string {
  switch (failure.reason) {
    case 'config-invalid':
    case 'sheet-invalid':
    case 'step-contract-invalid': {
      const {place, found, expected, advice} = failure;
      const head = `${place.file}:${place.line}:${place.column} ${found}${expected === '' ? '' : `, expected ${expected}`}.`;
      return `${head}${advice === '' ? '' : ` ${advice}`}\n${underline(place)}`;
    }
    case 'file-missing':
      return `${failure.path} does not exist; ${failure.askedBy} names it.`;
    case 'profile-missing':
      return `There is no profile "${failure.wanted}".${failure.closest === undefined ? '' : ` Did you mean "${failure.closest}"?`} Shipped: ${failure.known.join(' ')}; or give the path of a file.`;
    case 'plan-cycle':
      return `These steps wait for each other: ${failure.steps.join(' -> ')}.`;
    case 'plan-missing-producer':
      return `steps/${failure.step}/step.yaml input "${failure.input}" comes from "${failure.from}", which nothing makes.${failure.closest === undefined ? '' : ` Did you mean "${failure.closest}"?`}`;
    default:
      return unreachable(failure);
  }
}
