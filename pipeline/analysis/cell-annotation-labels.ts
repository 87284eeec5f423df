// The user's own labels, put onto the known lineages and types.
import {closestName} from '../base/closest-name.ts';

export interface KnownLabel {
  readonly label: string;
  readonly level: 'lineage' | 'type' | 'subtype';
  /** null for a lineage. */
  readonly parent: string | null;
}

/** The three labels of a cell; a level that is not told repeats the one above it. */
export interface MappedLabel {
  readonly lineage: string;
  readonly cell_type: string;
  readonly cell_subtype: string;
}

/**
 * Each distinct label of the user with what it stands for: through `map` (user's label -> ours), else as one of ours. Without a home: `unknown`, each
 * with the closest known name where one is near.
 */
export function mapLabels(
  labels: Iterable<string>, known: readonly KnownLabel[], map: Readonly<Record<string, string>>,
): {readonly mapped: ReadonlyMap<string, MappedLabel>; readonly unknown: readonly string[]} {
  const names = known.map(({label}) => label);
  const mapped = new Map<string, MappedLabel>();
  const unknown: string[] = [];
  for (const label of new Set(labels)) {
    const target = map[label] ?? label;
    const home = known.find((one) => one.label === target);
    if (home !== undefined) {
      mapped.set(label, levelsOf(home, known));
      continue;
    }
    const closest = closestName(target, names);
    unknown.push(`"${label}"${target === label ? '' : ` (mapped to "${target}")`}${closest === undefined ? '' : `, closest "${closest}"`}`);
  }
  return {mapped, unknown};
}

/** A subtype of a lineage leaves the type untold. */
export function levelsOf(home: KnownLabel, known: readonly KnownLabel[]): MappedLabel {
  const parent = known.find(({label}) => label === home.parent);
  if (parent === undefined) return {lineage: home.label, cell_type: home.label, cell_subtype: home.label};
  const above = levelsOf(parent, known);
  return home.level === 'subtype' ? {...above, cell_subtype: home.label} : {...above, cell_type: home.label, cell_subtype: home.label};
}
