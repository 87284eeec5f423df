// Derivatives of log gamma: recurrence up to 12, then Bernoulli's asymptotic series (Abramowitz and Stegun 6.3.18, 6.4.12). For x > 0.

export function digamma(x: number): number {
  let shift = 0;
  let z = x;
  for (; z < 12; z++) shift -= 1 / z;
  const r = 1 / (z * z);
  return shift + Math.log(z) - 0.5 / z - r * (1 / 12 - r * (1 / 120 - r * (1 / 252 - r * (1 / 240 - r * (1 / 132 - r * (691 / 32760 - r / 12))))));
}

export function trigamma(x: number): number {
  let shift = 0;
  let z = x;
  for (; z < 12; z++) shift += 1 / (z * z);
  const r = 1 / (z * z);
  return shift + 1 / z + r / 2 + (r / z) * (1 / 6 - r * (1 / 30 - r * (1 / 42 - r * (1 / 30 - r * (5 / 66 - r * (691 / 2730 - (7 * r) / 6))))));
}

function tetragamma(x: number): number {
  let shift = 0;
  let z = x;
  for (; z < 12; z++) shift -= 2 / z ** 3;
  const r = 1 / (z * z);
  return shift - r - r / z - r * r * (1 / 2 - r * (1 / 6 - r * (1 / 6 - r * (3 / 10 - r * (5 / 6 - r * (691 / 210 - (35 * r) / 2))))));
}

/** x > 0 with trigamma(x) = value > 0: Newton on its reciprocal, which is close to a line (Smyth 2004). */
export function inverseTrigamma(value: number): number {
  if (value > 1e7) return 1 / Math.sqrt(value);
  if (value < 1e-6) return 1 / value;
  let x = 0.5 + 1 / value;
  for (let step = 0; step < 60; step++) {
    const now = trigamma(x);
    const change = (now * (1 - now / value)) / tetragamma(x);
    x += change;
    if (Math.abs(change) < 1e-14 * x) break;
  }
  return x;
}
