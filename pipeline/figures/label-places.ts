// Where the names of points go: no name over another or over a named point, and over few other points, not far from its own.
export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface PointLabel {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Which side of the point is preferred. */
  readonly side: -1 | 1;
}

export interface LabelPlace {
  readonly box: Box;
  /** Where a line to its point starts; null where the label stands beside the point. */
  readonly leader: readonly [number, number] | null;
}

const distances = [3, 7, 12, 18, 25, 33, 42, 54, 68];
const nTurns = 16;
/** A covered point is as bad as this much distance. */
const coverCost = 6;

/** One entry a label, in order; null where no place is free. `points`: what a label should not cover. */
export function placeLabels(labels: readonly PointLabel[], frame: Box, points: readonly (readonly [number, number])[]): (LabelPlace | null)[] {
  const held = labels.map(({x, y}): Box => ({left: x - 1.5, right: x + 1.5, top: y - 1.5, bottom: y + 1.5}));
  return labels.map((label) => {
    let best: {box: Box; distance: number; cost: number} | null = null;
    for (const distance of distances) {
      if (best !== null && distance >= best.cost) break;
      for (let turn = 0; turn < nTurns; turn++) {
        const box = boxAt(label, distance, (turn * 2 * Math.PI) / nTurns);
        if (!contains(frame, box) || held.some((other) => overlap(box, other))) continue;
        // Names beside and away from the middle read best: a little is added for the turn.
        const cost = distance + 2 * (1 - Math.cos((turn * 2 * Math.PI) / nTurns)) + coverCost * points.filter(([x, y]) => x > box.left - 1 && x < box.right + 1 && y > box.top - 1 && y < box.bottom + 1).length;
        if (best === null || cost < best.cost) best = {box, distance, cost};
      }
    }
    if (best === null) return null;
    held.push(best.box);
    return {box: best.box, leader: best.distance > distances[0] ? nearest(best.box, label) : null};
  });
}

/** `angle` 0 points to the label's preferred side. */
function boxAt({x, y, width, height, side}: PointLabel, distance: number, angle: number): Box {
  const [cx, cy] = [x + side * Math.cos(angle) * (distance + width / 2), y - Math.sin(angle) * (distance + height / 2)];
  return {left: cx - width / 2, right: cx + width / 2, top: cy - height / 2, bottom: cy + height / 2};
}

const contains = (frame: Box, box: Box): boolean => box.left >= frame.left && box.right <= frame.right && box.top >= frame.top && box.bottom <= frame.bottom;
const overlap = (a: Box, b: Box): boolean => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
const nearest = (box: Box, {x, y}: PointLabel): readonly [number, number] => [Math.min(Math.max(x, box.left), box.right), Math.min(Math.max(y, box.top), box.bottom)];
