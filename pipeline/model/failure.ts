// Why a run cannot be planned: facts only. The words are in console/failure-text.ts.
import type {Location} from '../base/located-text.ts';

interface Misfit {
  readonly place: Location;
  readonly found: string;
  readonly expected: string;
  readonly advice: string;
}

export type Failure =
  | (Misfit & {readonly reason: 'config-invalid'})
  | (Misfit & {readonly reason: 'sheet-invalid'})
  | (Misfit & {readonly reason: 'step-contract-invalid'})
  | {readonly reason: 'file-missing'; readonly path: string; readonly askedBy: string}
  | {readonly reason: 'file-unreadable'; readonly path: string; readonly askedBy: string; readonly code: string}
  /** `place` is where the run file names it. */
  | {readonly reason: 'profile-missing'; readonly place?: Location; readonly wanted: string; readonly known: readonly string[]; readonly closest?: string}
  /** `looked`: where. */
  | {readonly reason: 'image-missing'; readonly image: string; readonly engine: string; readonly isOurs: boolean; readonly looked: readonly string[]}
  /** `found`: its id or path. */
  | {readonly reason: 'image-architecture'; readonly image: string; readonly engine: string; readonly isOurs: boolean; readonly found: string; readonly architecture: string; readonly machine: string}
  /** The profile's container engine does not answer; `words` are its own. */
  | {readonly reason: 'engine-missing'; readonly engine: string; readonly program: string; readonly words: string}
  /** `found`: the version that is there, or the error code where there is none. */
  | {readonly reason: 'tool-missing'; readonly tool: string; readonly accepts: string; readonly command: string; readonly found: string; readonly isThere: boolean; readonly step: string; readonly image: string}
  | {readonly reason: 'plan-cycle'; readonly steps: readonly string[]}
  | {readonly reason: 'plan-missing-producer'; readonly step: string; readonly input: string; readonly from: string; readonly closest?: string};
