// Waits for what a test needs to have happened, and says what it waited for in vain.
import {setTimeout as wait} from 'node:timers/promises';

/** What `look` finds, asked ten times a second. By default just less than a test may take, since a busy machine is slow. */
export async function until<T>(what: string, look: () => T | undefined | false, seconds = 100): Promise<T> {
  for (const end = performance.now() + seconds * 1000; performance.now() < end; await wait(100)) {
    const found = look();
    if (found !== undefined && found !== false) return found;
  }
  throw new Error(`waited ${seconds} s in vain for ${what}`);
}
