// Ends what is still running when the engine is killed outright: process groups of jobs, and containers whose daemon knows nothing of us.
import type {Environment} from './engine.ts';
import {startCompanion} from './process.ts';

export interface Watchdog {
  /** `command` is run by a shell if this process dies before `done`. */
  readonly watch: (key: string, command: string) => void;
  readonly done: (key: string) => void;
  readonly end: () => void;
}

/** awk keeps the commands by key and runs those that are left when its input ends: that happens however this process does. */
const program = `
/^[+]/ {key = $2; sub(/^[+] [^ ]+ /, ""); live[key] = $0}
/^-/ {delete live[$2]}
END {for (key in live) system(live[key])}
`;

export function startWatchdog(environment: Environment): Watchdog {
  let companion: ReturnType<typeof startCompanion> | undefined;
  return {
    watch(key, command) {
      companion ??= startCompanion(['awk', program], environment);
      companion.write(`+ ${key} ${command}`);
    },
    done: (key) => companion?.write(`- ${key}`),
    end: () => companion?.end(),
  };
}
