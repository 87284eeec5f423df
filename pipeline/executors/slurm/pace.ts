// How often Slurm is asked: soon when something has ended, ever less often while nothing changes.
export interface Pace {
  /** `hasEnded`: an end is known, and only Slurm's word on it is missing. */
  readonly isDue: (hasEnded: boolean) => boolean;
  readonly hasNews: () => void;
  readonly asked: (didChange: boolean) => void;
}

/** Seconds between two questions; each that told nothing new, but for the first few after an end, stretches them. */
const least = {afterAnEnd: 1, else: 2};
const stretch = 1.5;
const nPatient = 3;

export function startPace(mostSeconds: number, now: () => number = Date.now): Pace {
  let last = -Infinity;
  let nQuiet = 0;
  return {
    isDue(hasEnded) {
      const seconds = hasEnded ? least.afterAnEnd * stretch ** Math.max(0, nQuiet - nPatient) : least.else * stretch ** nQuiet;
      return now() - last >= Math.min(mostSeconds, seconds) * 1000;
    },
    hasNews() {
      nQuiet = 0;
    },
    asked(didChange) {
      last = now();
      nQuiet = didChange ? 0 : nQuiet + 1;
    },
  };
}
