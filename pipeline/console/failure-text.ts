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
    case 'image-missing':
      return `The image "${failure.image}" is not here for ${failure.engine}. Looked for:\n${failure.looked.map((place) => `    ${place}`).join('\n')}\n    ${imageAdvice(failure)}`;
    case 'image-architecture':
      return `The image "${failure.image}" is made for ${failure.architecture}, this machine is ${failure.machine}, and ${failure.engine} cannot start it here.\n    found: ${failure.found}\n    ${imageAdvice(failure, ` on a machine with ${failure.machine}`)}`;
    case 'engine-missing':
      return `The profile asks for ${failure.engine}, but ${failure.program} does not answer: ${failure.words}\n    Install or start it, or choose another --profile (laptop needs no containers).`;
    case 'tool-missing':
      return `${failure.step} needs ${failure.tool} (${failure.accepts}): ${failure.isThere ? `found version ${failure.found}` : `it is not there (${failure.command}: ${failure.found})`}.\n    Put it on PATH, or choose a --profile with a container engine (image "${failure.image}").`;
    case 'plan-cycle':
      return `These steps wait for each other: ${failure.steps.join(' -> ')}.`;
    case 'plan-missing-producer':
      return `steps/${failure.step}/step.yaml input "${failure.input}" comes from "${failure.from}", which nothing makes.${failure.closest === undefined ? '' : ` Did you mean "${failure.closest}"?`}`;
    default:
      return unreachable(failure);
  }
}

function imageAdvice({image, engine, isOurs}: {readonly image: string; readonly engine: string; readonly isOurs: boolean}, where = ' where there is a network'): string {
  const make = isOurs ? `lymphline images build ${image}` : `lymphline images pull ${image}`;
  const convert = engine === 'apptainer' || engine === 'charliecloud' ? `, then \`lymphline images convert ${image} --engine ${engine}\`` : '';
  return `Run \`${make}\`${where}${convert}, or name its file in the profile (images: {${image}: …}).`;
}

const unreadable: Readonly<Record<string, string>> = {EISDIR: 'it is a folder', EACCES: 'permission denied', ENOTDIR: 'part of its path is a file'};

/** Short advice follows on the line, longer has its own. */
function located(place: Location, head: string, advice: string): string {
  const next = advice === '' ? '' : advice.length <= 60 ? ` ${advice}` : `\n    ${advice}`;
  return `${place.file}:${place.line}:${place.column} ${head}${next}\n${underline(place)}`;
}
