// Connected components under links that come one by one (Galler and Fischer 1964).

export interface DisjointSets {
  readonly join: (a: number, b: number) => void;
  readonly areJoined: (a: number, b: number) => boolean;
  /** The smallest member of the set of `index`. */
  readonly rootOf: (index: number) => number;
}

export function disjointSets(size: number): DisjointSets {
  const parent = Int32Array.from({length: size}, (_, index) => index);
  const rootOf = (index: number): number => {
    let root = index;
    while (parent[root] !== root) {
      parent[root] = parent[parent[root]];
      root = parent[root];
    }
    return root;
  };
  return {
    rootOf,
    areJoined: (a, b) => rootOf(a) === rootOf(b),
    join: (a, b) => {
      const [first, second] = [rootOf(a), rootOf(b)];
      if (first !== second) parent[Math.max(first, second)] = Math.min(first, second);
    },
  };
}
