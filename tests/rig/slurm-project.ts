// The word count project through a real Slurm; its counting step notes each of its starts, so that a test can say that none ran twice.
import {chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {Cluster} from './slurm.ts';
import type {TempProject} from './temp-project.ts';
import {files, wordCountProject} from './word-count-project.ts';

export const slurmProfile = 'launcher: slurm\nengine: none\nslurm: {grace_seconds: 3}\n';

export interface SlurmProject extends TempProject {
  /** Units whose counting has started, once for each start. */
  readonly starts: () => string[];
  /** `$here` of programs that stand in for Slurm's. */
  readonly memory: string;
  /** Lets counting go on that is `held`. */
  readonly release: () => void;
}

export interface SlurmProjectWish {
  /** That counting takes. */
  readonly seconds?: number;
  /** Counting begins, and waits for `release` (at most ten minutes: nothing of a test stays). */
  readonly isHeld?: boolean;
  readonly changed?: Readonly<Record<string, string>>;
  /** Shell text by name of a program of Slurm, to be run in its place: `real` calls it, `$here` is a folder to remember in. */
  readonly instead?: Readonly<Record<string, string>>;
  /** Of the command line, besides what it needs to find the cluster. */
  readonly environment?: NodeJS.ProcessEnv;
}

/** Run it with `--profile slurm.yaml`. */
export function slurmProject(cluster: Cluster, {seconds = 0, isHeld = false, changed = {}, instead = {}, environment = {}}: SlurmProjectWish = {}): SlurmProject {
  const bin = mkdtempSync(join(tmpdir(), 'lymphline-slurm-'));
  const path = [cluster.environment['PATH'], environment['PATH']].filter((part) => part !== undefined).join(':');
  for (const [name, script] of Object.entries(instead)) {
    writeFileSync(join(bin, name), `#!/bin/sh\nhere='${bin}'\nreal() { env PATH='${path}' ${name} "$@"; }\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  const notes = join(bin, 'starts');
  const count = files['steps/count/run.ts'].replace('  const [, text]', `  writeFileSync('${notes}', \`\${job.unit.id}\\n\`, {flag: 'a'});\n  ${isHeld ? `for (let i = 0; i < 6000 && !existsSync('${join(bin, 'go')}'); i++) await new Promise((done) => setTimeout(done, 100));` : `await new Promise((done) => setTimeout(done, ${seconds * 1000}));`}\n  const [, text]`);
  const project = wordCountProject({'slurm.yaml': slurmProfile, 'steps/count/run.ts': count, ...changed}, {...environment, ...cluster.environment, PATH: `${bin}:${path}`});
  return {
    ...project,
    memory: bin,
    release: () => writeFileSync(join(bin, 'go'), ''),
    starts: () => (existsSync(notes) ? readFileSync(notes, 'utf8').trim().split('\n').sort() : []),
    remove() {
      project.remove();
      rmSync(bin, {recursive: true, force: true});
    },
  };
}

/** `study/runs/words/<path>`. */
export const ofRun = (project: TempProject, path: string): string => join(project.folder, 'study/runs/words', path);

export const words = 'sample_id\tn_words\nS1\t3\nS2\t2\n';
