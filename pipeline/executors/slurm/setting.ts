// What the launcher is told of the run, the profile and the user.
import type {SlurmProfile} from '../../model/profile.ts';
import type {Environment} from '../engine.ts';

export interface SlurmSetting {
  readonly profile: SlurmProfile;
  readonly setUp: readonly string[];
  /** Of Slurm's programs. */
  readonly environment: Environment;
  readonly uid: number;
  /** Names the run in the comment of its jobs. */
  readonly run: string;
  readonly folder: string;
  /** Where Slurm's own words about jobs go. */
  readonly outputPath: string;
  readonly endedFolder: string;
  /** For what takes longer than it should. */
  readonly say: (text: string) => void;
}
