// Three-valued logic of the clinical rules (Kleene): true, false, or missing with the reason. What is missing never counts as false or as 0.
export interface Missing {
  readonly missing: string;
}

export type Verdict = boolean | Missing;
export type Known<T> = T | Missing;

export function isMissing(value: unknown): value is Missing {
  return typeof value === 'object' && value !== null && 'missing' in value;
}

/** One definite false decides; else one missing value leaves it open. */
export function all(...parts: readonly Verdict[]): Verdict {
  return parts.includes(false) ? false : (openReason(parts) ?? true);
}

/** One definite true decides; else one missing value leaves it open. */
export function any(...parts: readonly Verdict[]): Verdict {
  return parts.includes(true) ? true : (openReason(parts) ?? false);
}

/** A claim on a value; missing where the value is. */
export function holds<T>(value: Known<T>, claim: (known: T) => boolean): Verdict {
  return isMissing(value) ? value : claim(value);
}

/** `absent`: the reason where the value is null. */
export function known<T>(value: T | null | undefined, absent: string): Known<T> {
  return value === null || value === undefined ? {missing: absent} : value;
}

function openReason(parts: readonly Verdict[]): Missing | undefined {
  const reasons = [...new Set(parts.filter(isMissing).map((part) => part.missing))];
  return reasons.length === 0 ? undefined : {missing: reasons.join(', ')};
}
