// Long work that is not a run (building, pulling, converting an image): one live line on a terminal, else a line at its start, its end and now and then.
import type {Screen} from './progress.ts';

export interface WorkProgress {
  /** Where the work is; asked for when a line is drawn. */
  readonly end: (words: string) => void;
}

const liveSeconds = 0.5;
const plainSeconds = 30;

export function showWork(screen: Screen, title: string, where: () => string): WorkProgress {
  const started = performance.now();
  const elapsed = (): string => `${((performance.now() - started) / 1000).toFixed(screen.isTerminal ? 0 : 1)} s`;
  const line = (): string => [title, elapsed(), where()].filter((part) => part !== '').join('  ');
  if (!screen.isTerminal) screen.write(`${title}\n`);
  const draw = (): void => screen.write(screen.isTerminal ? `\r\x1b[K${line().slice(0, screen.columns - 1)}` : `${line()}\n`);
  const timer = setInterval(draw, (screen.isTerminal ? liveSeconds : plainSeconds) * 1000);
  return {
    end(words) {
      clearInterval(timer);
      screen.write(`${screen.isTerminal ? '\r\x1b[K' : ''}${words.replace('<time>', elapsed())}\n`);
    },
  };
}
