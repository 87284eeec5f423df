// The version number in what a program prints of itself.

/** `samtools 1.21` -> `1.21`; `igblastn: 1.20.0` -> `1.20.0`; `2.7.11b` -> itself; '' where there is none. */
export function versionIn(text: string): string {
  return /\d+(?:\.\d+)+[A-Za-z0-9.+-]*/.exec(text)?.[0] ?? '';
}
