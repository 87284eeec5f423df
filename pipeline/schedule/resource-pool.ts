// What may be lent to running jobs: cpus and memory of this machine, or a number of places in a queue.
export interface Resources {
  readonly cpus: number;
  readonly memory_gb: number;
}

export interface Lease {
  readonly giveBack: () => void;
  /** Gives back, then waits until the pool can lend the other amount: what a job was lent never keeps another attempt of a job from its own. */
  readonly exchange: (wanted: Resources) => Promise<void>;
}

export interface ResourcePool {
  readonly tryTake: (wanted: Resources) => Lease | undefined;
}

/** A job larger than the whole pool is lent the whole pool, so that it runs alone instead of never. Whoever waits for an exchange comes before new jobs. */
export function createResourcePool(total: Resources): ResourcePool {
  let {cpus, memory_gb} = total;
  const waiting: {readonly wanted: Resources; readonly lend: () => void}[] = [];
  const fitted = (wanted: Resources): Resources => ({cpus: Math.min(wanted.cpus, total.cpus), memory_gb: Math.min(wanted.memory_gb, total.memory_gb)});
  const take = (wanted: Resources): boolean => {
    if (wanted.cpus > cpus || wanted.memory_gb > memory_gb) return false;
    cpus -= wanted.cpus;
    memory_gb -= wanted.memory_gb;
    return true;
  };
  const put = (lent: Resources): void => {
    cpus += lent.cpus;
    memory_gb += lent.memory_gb;
    while (waiting.length > 0 && take(waiting[0].wanted)) waiting.shift()?.lend();
  };
  return {
    tryTake(wanted) {
      let lent = fitted(wanted);
      if (waiting.length > 0 || !take(lent)) return undefined;
      let isReturned = false;
      return {
        giveBack() {
          if (isReturned) return;
          isReturned = true;
          put(lent);
        },
        exchange(other) {
          const before = lent;
          lent = fitted(other);
          return new Promise((lend) => {
            waiting.push({wanted: lent, lend});
            put(before);
          });
        },
      };
    },
  };
}

/** Where others lend the cpus and the memory: so many jobs at once, whatever they want. */
export function createSlotPool(nSlots: number): ResourcePool {
  const pool = createResourcePool({cpus: nSlots, memory_gb: 0});
  const place = {cpus: 1, memory_gb: 0};
  return {
    tryTake() {
      const lease = pool.tryTake(place);
      return lease === undefined ? undefined : {...lease, exchange: () => lease.exchange(place)};
    },
  };
}
