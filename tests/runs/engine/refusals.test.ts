// Every reason for which a run is not even planned, provoked through the real command line, with the whole message: exit 2, nothing started.
import {existsSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {expect, test} from 'vitest';
import {files, wordCountProject} from '../../rig/word-count-project.ts';

const run = files['study/run.yaml'];
const sheet = files['study/samples.tsv'];
const count = files['steps/count/step.yaml'];

interface Refusal {
  readonly reason: string;
  readonly changed: Readonly<Record<string, string>>;
  readonly argv?: readonly string[];
  readonly message: string;
}

const refusals: readonly Refusal[] = [
  {
    reason: 'config-invalid, two at once', changed: {'study/run.yaml': run.replace('timepoints', 'timepoint').replace('factor: 1', 'factr: 0')},
    message: `<project>/study/run.yaml:4:1 unknown key "timepoint". Did you mean "timepoints"?
     4 | timepoint: [before, after]
         ~~~~~~~~~
<project>/study/run.yaml:8:11 count has no parameter "factr". Did you mean "factor"?
     8 |   count: {factr: 0}
                   ~~~~~
2 problems; nothing was started.
`,
  },
  {
    reason: 'config-invalid, a bound', changed: {'study/run.yaml': run.replace('factor: 1', 'factor: 0')},
    message: `<project>/study/run.yaml:8:19 count.factor is 0, expected at least 1.
     8 |   count: {factor: 0}
                           ~
1 problem; nothing was started.
`,
  },
  {
    reason: 'sheet-invalid, three at once', changed: {'study/samples.tsv': sheet.replace('after', 'aftr').replace('s1.txt', 's9.txt')},
    message: `<project>/study/samples.tsv:2:4 patient P1 has no sample at timepoint "after".
    The contrast after-vs-before needs both for every patient. Add the row (with \`excluded\` if there is no sample), or set missing_pairs: drop.
     2 | S1\tP1\tbefore\t0\tgex\ts9.txt
           \t~~
<project>/study/samples.tsv:2:20 path of row 2: s9.txt does not exist. Paths are relative to the run file.
     2 | S1\tP1\tbefore\t0\tgex\ts9.txt
           \t  \t      \t \t   \t~~~~~~
<project>/study/samples.tsv:3:7 unknown timepoint "aftr", expected before | after. Did you mean "after"?
     3 | S2\tP1\taftr\t30\tgex\ts2.txt
           \t  \t~~~~
3 problems; nothing was started.
`,
  },
  {
    reason: 'step-contract-invalid', changed: {'steps/count/step.yaml': count.replace('per: sample', 'per: smaple')},
    message: `<project>/steps/count/step.yaml:9:6 per is "smaple", expected library | sample | patient | cohort.
     9 | per: smaple
              ~~~~~~
1 problem; nothing was started.
`,
  },
  {reason: 'file-missing', changed: {}, argv: ['run', 'study/none.yaml'], message: '<project>/study/none.yaml does not exist; the command line names it.\n1 problem; nothing was started.\n'},
  {reason: 'file-unreadable', changed: {}, argv: ['run', 'study'], message: '<project>/study cannot be read (it is a folder); the command line names it.\n1 problem; nothing was started.\n'},
  {
    reason: 'profile-missing', changed: {}, argv: ['run', 'study/run.yaml', '--profile', 'labtop'],
    message: 'There is no profile "labtop". Did you mean "laptop"? Shipped: apptainer charliecloud docker laptop podman slurm-apptainer slurm-charliecloud slurm-host; or give the path of a file.\n1 problem; nothing was started.\n',
  },
  {
    reason: 'plan-cycle', changed: {'steps/import/step.yaml': files['steps/import/step.yaml'].replace('from: sheet.path, library: [gex]', 'from: total.total')},
    message: 'These steps wait for each other: count -> import -> total -> count.\n1 problem; nothing was started.\n',
  },
  {
    reason: 'plan-missing-producer', changed: {'steps/count/step.yaml': count.replace('from: import', 'from: imprt')},
    message: 'steps/count/step.yaml input "text" comes from "imprt", which nothing makes. Did you mean "import"?\n1 problem; nothing was started.\n',
  },
];

test.each(refusals)('$reason', ({changed, argv = ['run', 'study/run.yaml'], message}) => {
  const project = wordCountProject(changed);
  try {
    const done = project.cli(...argv);
    expect({status: done.status, stderr: project.scrub(done.stderr)}).toEqual({status: 2, stderr: message});
    expect(existsSync(join(project.folder, 'study/runs'))).toBe(false);
  } finally {
    project.remove();
  }
});

test('a profile whose executor is not here is refused, never run on this machine instead', () => {
  // Node alone is on PATH.
  const project = wordCountProject({}, {...process.env, PATH: dirname(process.execPath)});
  try {
    const done = project.cli('run', 'study/run.yaml', '--profile', 'slurm-host');
    expect(done.status).toBe(2);
    expect(done.stderr).toContain('The profile asks for Slurm, but sbatch does not answer: spawn sbatch ENOENT\n');
    expect(existsSync(join(project.folder, 'study/runs'))).toBe(false);
  } finally {
    project.remove();
  }
});

test.each(['docker', 'podman'])('%s under Slurm is refused with the reason, wherever a profile is read', (engine) => {
  const project = wordCountProject({'site.yaml': `launcher: slurm\nengine: ${engine}\n`});
  try {
    for (const command of ['validate', 'plan', 'run']) {
      const done = project.cli(command, 'study/run.yaml', '--profile', 'site.yaml');
      expect({status: done.status, stderr: project.scrub(done.stderr)}).toEqual({status: 2, stderr: `<project>/site.yaml:2:9 engine ${engine} cannot be used with launcher slurm: its containers run outside the Slurm job, where scancel does not end them and the memory limit of the job does not hold. Use engine apptainer or charliecloud, which start no daemon.\n     2 | engine: ${engine}\n                 ~~~~~~\n1 problem; nothing was started.\n`});
    }
  } finally {
    project.remove();
  }
});

test('--submit needs a profile whose jobs go to Slurm', () => {
  const project = wordCountProject();
  try {
    const done = project.cli('run', 'study/run.yaml', '--submit');
    expect(done.status).toBe(2);
    expect(done.stderr).toMatch(/^--submit puts lymphline into a batch job of Slurm; the profile starts jobs on this machine\. Use a --profile with launcher: slurm\.\nusage: lymphline run CONFIG /);
    expect(existsSync(join(project.folder, 'study/runs'))).toBe(false);
  } finally {
    project.remove();
  }
});
