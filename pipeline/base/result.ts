// A value or the reasons why there is none: expected trouble is returned, never thrown.

export type Result<T, E> = {readonly ok: true; readonly value: T} | {readonly ok: false; readonly error: E};

export const succeeded = <T>(value: T): {ok: true; value: T} => ({ok: true, value});
export const failed = <E>(error: E): {ok: false; error: E} => ({ok: false, error});

/** Makes a forgotten case of a union a compile error. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
