// Why an image cannot be built, pulled or converted: facts only. The words are in console/image-failure-text.ts.
export type ImageFailure =
  /** `tried`: program -> its own words. */
  | {readonly reason: 'no-builder'; readonly tried: readonly (readonly [string, string])[]}
  /** Node goes into an image as the npm package that the lock pins. */
  | {readonly reason: 'node-package-missing'; readonly name: string; readonly looked: readonly string[]}
  /** `local`: why no base was made on this machine. */
  | {readonly reason: 'base-missing'; readonly base: string; readonly words: string; readonly local: string}
  | {readonly reason: 'program-failed'; readonly image: string; readonly doing: 'build' | 'convert'; readonly program: string; readonly end: string; readonly log: string; readonly lastLines: readonly string[]}
  | {readonly reason: 'archive-missing'; readonly image: string; readonly path: string; readonly isOurs: boolean}
  | {readonly reason: 'archive-invalid'; readonly path: string; readonly found: string}
  | {readonly reason: 'no-reference'; readonly image: string; readonly isOurs: boolean}
  | {readonly reason: 'registry-unreachable'; readonly registry: string; readonly words: string; readonly kept: number}
  | {readonly reason: 'registry-refused'; readonly url: string; readonly status: number; readonly words: string}
  | {readonly reason: 'digest-differs'; readonly what: string; readonly expected: string; readonly found: string}
  | {readonly reason: 'manifest-invalid'; readonly reference: string; readonly found: string}
  | {readonly reason: 'platform-missing'; readonly reference: string; readonly wanted: string; readonly offered: readonly string[]}
  | {readonly reason: 'store-unwritable'; readonly path: string; readonly code: string}
  | {readonly reason: 'interrupted'; readonly kept: number};
