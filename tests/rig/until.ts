// Waits for what a test needs to have happened, and says what it waited for in vain.
import {setTimeout as wait} from 'node:timers/promises';

/** What `look` finds. By default it waits just less than a test may take, since a busy machine is slow, and looks ten times a second. */
export async function until<T>(what: string, look: () => T | undefined | false, seconds = 100, pauseSeconds = 0.1): Promise<T> {
  for (const end = performance.now() + seconds * 1000; performance.now() < end; await wait(pauseSeconds * 1000)) {
    const found = look();
    if (found !== undefined && found !== false) return found;
  }
  throw new Error(`waited ${seconds} s in vain for ${what}`);
}
