// How often Slurm is asked: at once when something has ended, ever less often while nothing changes.
export interface Pace {
  readonly isDue: () => boolean;
  readonly hasNews: () => void;
  readonly asked: (didChange: boolean) => void;
}

/** Between two questions lie at least `least` seconds, and half as much again for each that told nothing new, up to `most`. */
export function startPace({least, most}: {readonly least: number; readonly most: number}, now: () => number = Date.now): Pace {
  let last = -Infinity;
  let nQuiet = 0;
  return {
    isDue: () => now() - last >= Math.min(most, least * 1.5 ** nQuiet) * 1000,
    hasNews() {
      nQuiet = 0;
    },
    asked(didChange) {
      last = now();
      nQuiet = didChange ? 0 : nQuiet + 1;
    },
  };
}
