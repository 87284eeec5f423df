// A small study on disk whose files a test may break, and all that loading it says.
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {loadConfig, type LoadedConfig} from '../../../pipeline/config/load-config.ts';
import {failureText} from '../../../pipeline/console/failure-text.ts';
import type {StepContract} from '../../../pipeline/model/step-contract.ts';

export const runFile = `lymphline: 1
name: demo
samples: samples.tsv
timepoints: [baseline, month3]
contrasts:
  - {name: month3-vs-baseline, by: timepoint, before: baseline, after: month3}
`;

export const header = 'sample_id\tpatient_id\ttimepoint\tday\tlibrary\tpath';
export const samples = [header, '007\tP1\tbaseline\t-3\tgex\ta.h5', '008\tP1\tmonth3\t90\tgex\tb.h5', ''].join('\n');

export const qc: StepContract = {
  name: 'qc', summary: 'A step.', per: 'sample', inputs: {}, outputs: {kept: {format: 'h5ad'}}, design: 'keys', resources: {cpus: 1, memory_gb: 1, minutes: 1}, container: 'lymphline',
  command: ['node', 'run.ts'], determinism: 'exact',
  params: {
    min_genes: {type: 'integer', default: 200, minimum: 0, summary: 'Genes.'},
    rule: {type: 'string', enum: ['fixed', 'mad', 'none'], default: 'fixed', summary: 'Rule.', only_with: {none: {min_genes: [0, 1]}}},
    mad: {type: 'number', default: 5, nullable: true, summary: 'MADs.', used_when: {rule: 'mad'}},
  },
};

export interface Study {
  readonly files?: Readonly<Record<string, string | Buffer>>;
  readonly set?: readonly string[];
  readonly profile?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly projectRoot?: string;
  /** Default: qc. */
  readonly contracts?: readonly StepContract[];
  /** Of the study; default run.yaml. */
  readonly file?: string;
}

/** Loads it; file names in messages are relative to the study. */
export async function load(study: Study = {}): Promise<{loaded?: LoadedConfig; messages: string[]; folder: string}> {
  const folder = mkdtempSync(join(tmpdir(), 'lymphline-config-'));
  try {
    const files = {'run.yaml': runFile, 'samples.tsv': samples, 'a.h5': '', 'b.h5': '', ...study.files};
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), {recursive: true});
      writeFileSync(join(folder, name), content);
    }
    const result = await loadConfig({
      file: join(folder, study.file ?? 'run.yaml'), contracts: study.contracts ?? [qc], set: study.set ?? [], environment: study.environment ?? {}, projectRoot: study.projectRoot ?? join(import.meta.dirname, '../../..'),
      ...(study.profile === undefined ? {} : {profile: study.profile}),
    });
    return result.ok ? {loaded: result.value, messages: [], folder} : {messages: result.error.map((failure) => failureText(failure).replaceAll(`${folder}/`, '')), folder};
  } finally {
    rmSync(folder, {recursive: true});
  }
}

/** The samples sheet with these rows. */
export const sheetOf = (...rows: string[]): string => [header, ...rows, ''].join('\n');
