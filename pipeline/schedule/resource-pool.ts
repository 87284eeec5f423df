// What may be lent to running jobs: cpus and memory of this machine, or a number of places in a queue.
export interface Resources {
  readonly cpus: number;
  readonly memory_gb: number;
}

export interface ResourcePool {
  readonly tryTake: (wanted: Resources) => (() => void) | undefined;
}

/** A job larger than the whole pool is lent the whole pool, so that it runs alone instead of never. */
export function createResourcePool(total: Resources): ResourcePool {
  let {cpus, memory_gb} = total;
  return {
    tryTake(wanted) {
      const lent = {cpus: Math.min(wanted.cpus, total.cpus), memory_gb: Math.min(wanted.memory_gb, total.memory_gb)};
      if (lent.cpus > cpus || lent.memory_gb > memory_gb) return undefined;
      cpus -= lent.cpus;
      memory_gb -= lent.memory_gb;
      let isReturned = false;
      return () => {
        if (isReturned) return;
        isReturned = true;
        cpus += lent.cpus;
        memory_gb += lent.memory_gb;
      };
    },
  };
}

/** Where others lend the cpus and the memory: so many jobs at once, whatever they want. */
export function createSlotPool(nSlots: number): ResourcePool {
  const pool = createResourcePool({cpus: nSlots, memory_gb: 0});
  return {tryTake: () => pool.tryTake({cpus: 1, memory_gb: 0})};
}
