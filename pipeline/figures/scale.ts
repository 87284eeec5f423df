// From values to places, and where to put ticks.
export interface Scale {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

export function linearScale([low, high]: readonly [number, number], [from, to]: readonly [number, number], nTicks = 4): Scale {
  const span = high > low ? high - low : 1;
  const raw = span / nTicks;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= raw) ?? raw;
  const first = Math.ceil(low / step - 1e-9);
  const ticks = Array.from({length: Math.floor(high / step + 1e-9) - first + 1}, (_, i) => Number(((first + i) * step).toPrecision(12)));
  return {at: (value) => from + ((value - low) / span) * (to - from), ticks};
}

/** Ticks at powers of ten; `low` and `high` above 0. */
export function logScale([low, high]: readonly [number, number], [from, to]: readonly [number, number]): Scale {
  const [a, b] = [Math.log10(low), Math.log10(high > low ? high : low * 10)];
  const ticks = Array.from({length: Math.floor(b + 1e-9) - Math.ceil(a - 1e-9) + 1}, (_, i) => 10 ** (Math.ceil(a - 1e-9) + i));
  return {at: (value) => from + ((Math.log10(value) - a) / (b - a)) * (to - from), ticks};
}

/** Short and exact: 0.05, 12, 1.5k. */
export function tickText(value: number): string {
  if (value !== 0 && Math.abs(value) < 0.001) return value.toExponential(0);
  return Math.abs(value) >= 10000 ? `${value / 1000}k` : String(Number(value.toPrecision(3)));
}
