// The JSON schema of a profile (model/profile.ts).
import {slurmDefaults} from '../model/profile.ts';
import {keys, oneOf, positive, text, texts, whole} from './schema-parts.ts';

export const profileSchema = keys('Where and how a run is executed; a result never depends on it.', {
  launcher: oneOf(['local', 'slurm'], 'What starts a job: this machine, or Slurm.', {default: 'local'}),
  engine: oneOf(['none', 'docker', 'podman', 'apptainer', 'charliecloud'], 'What a job runs in. With none, the tools of container steps are taken from PATH.', {default: 'none'}),
  cores: whole(1, 'Cores that jobs may use at once; default: all of the machine.'),
  memory_gb: positive('Memory (GB) that jobs may use at once; default: all of the machine.'),
  scratch: {
    type: ['string', 'object'], minLength: 1, additionalProperties: false, required: ['folder'],
    description: 'Folder on a disk of the machine that runs a job, as its path or with `stage`. Each job gets a folder of its own there for temporary files (TMPDIR), removed when it ends.',
    properties: {
      folder: text('Where it is: a path, or ${TMPDIR}, /tmp/${SLURM_JOB_ID} and the like. In Slurm it is looked for on the node, which knows TMPDIR, SLURM_… and what is not set here.'),
      stage: oneOf(['nothing', 'outputs'], 'outputs: outputs are written there as well, and copied to the run directory when the job has ended well; default: nothing.'),
    },
  },
  retries: whole(0, 'How often a job is tried again that the machine ended: after out of memory with twice the memory, after a timeout with 1.5 times the time, else the same after a pause; default: 0. What a step refuses or gets wrong is never tried again.'),
  requests: oneOf(['contract', 'learnt'], 'What a first attempt is given: what the contract says, or what jobs of the step took in earlier runs with this cache (1.25 times the memory, twice the time); `resources` wins over both. Set retries too: what was too little is then given more. Default: contract.'),
  max: keys('To what a job that is tried again may grow.', {memory_gb: positive('Memory (GB); default: that of the machine.'), minutes: positive('Time (minutes); default: slurm.time_limit_minutes.')}),
  setup: texts('Shell lines before each job, for clusters that need them.'),
  slurm: keys('How jobs are handed to Slurm.', {
    partition: text('Partition (--partition).'),
    account: text('Account (--account).'),
    qos: text('Quality of service (--qos).'),
    constraint: text('Features that a node must have (--constraint).'),
    time_limit_minutes: positive('Longest time (minutes) that a job may ask for.'),
    array_size: whole(1, `Most jobs in one job array; 1: no arrays; default: ${slurmDefaults.array_size}, and never more than the cluster allows.`),
    max_jobs: whole(1, `Jobs handed to Slurm at once; default: ${slurmDefaults.max_jobs}. The cores and memory of the machine that lymphline runs on do not limit them.`),
    extra: texts('Further options of sbatch, one a list entry.'),
    poll_seconds: positive(`Longest time (seconds) between two questions for the states of jobs; default: ${slurmDefaults.poll_seconds}. That a job has ended is seen by its file, within a second.`),
    grace_seconds: positive(`How long (seconds) a file may be late, or a job unknown to Slurm, before that is believed; default: ${slurmDefaults.grace_seconds}.`),
    engine: keys('The batch job that `run --submit` puts lymphline itself into.', {
      cpus: whole(1, `Cores; default: ${slurmDefaults.engine.cpus}.`),
      memory_gb: positive(`Memory (GB); default: ${slurmDefaults.engine.memory_gb}.`),
      minutes: positive(`Time limit (minutes); default: ${slurmDefaults.engine.minutes}. Before it ends, the job hands over to a next one.`),
      partition: text('Its partition, where it is another.'),
    }),
  }),
  resources: {
    type: 'object',
    description: "Resources by step, over its contract's.",
    additionalProperties: keys('Resources of one job of this step.', {
      cpus: positive('Cores.'), memory_gb: positive('Memory (GB).'), minutes: positive('Time limit (minutes).'),
    }),
  },
  images: {type: 'object', additionalProperties: {type: 'string', minLength: 1}, description: 'Where images lie when there is no network: `folder`, or by name of an image its file or folder (relative to the profile), or for Docker and Podman a reference (`localhost/star:2`, `sha256:…`).'},
});
