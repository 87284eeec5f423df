// Jobs that could start, in plan order. Those that want the same cpus and memory are one queue: where the first is refused, the others need not ask.
import type {Resources} from './resource-pool.ts';

export interface ReadyJobs {
  /** A place in the plan. */
  readonly add: (place: number) => void;
  /** Offers one job after the other, the earliest in the plan first; what is not started stays. */
  readonly offer: (start: (place: number) => boolean) => void;
}

export function createReadyJobs(wants: readonly Resources[]): ReadyJobs {
  const queues = new Map<string, number[]>();
  const keyOf = (place: number): string => `${wants[place].cpus} ${wants[place].memory_gb}`;
  return {
    add(place) {
      const queue = queues.get(keyOf(place));
      if (queue === undefined) queues.set(keyOf(place), [place]);
      else addInOrder(queue, place);
    },
    offer(start) {
      const open = new Set(queues.values());
      while (open.size > 0) {
        const queue = [...open].reduce((first, other) => (other[0] < first[0] ? other : first));
        if (!start(queue[0])) open.delete(queue);
        else {
          const place = queue.shift();
          if (queue.length > 0 || place === undefined) continue;
          open.delete(queue);
          queues.delete(keyOf(place));
        }
      }
    },
  };
}

/** Into a sorted list; most often it is the last. */
export function addInOrder(places: number[], place: number): void {
  let at = places.length;
  if (at > 0 && places[at - 1] > place) {
    let low = 0;
    while (low < at) {
      const middle = (low + at) >> 1;
      if (places[middle] < place) low = middle + 1;
      else at = middle;
    }
  }
  places.splice(at, 0, place);
}
