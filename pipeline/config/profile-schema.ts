// The JSON schema of a profile (model/profile.ts).
const text = {type: 'string', minLength: 1};
const positive = {type: 'number', exclusiveMinimum: 0};
const closed = (properties: Record<string, unknown>): Record<string, unknown> => ({type: 'object', additionalProperties: false, properties});

export const profileSchema = closed({
  launcher: {enum: ['local', 'slurm'], description: 'What starts a job: this machine, or Slurm.'},
  engine: {enum: ['none', 'docker', 'podman', 'apptainer', 'charliecloud'], description: 'What a job runs in.'},
  cores: {type: 'integer', minimum: 1, description: 'Cores that jobs may use at once; default: all of the machine.'},
  memory_gb: {...positive, description: 'Memory (GB) that jobs may use at once; default: all of the machine.'},
  scratch: {...text, description: 'Folder for temporary files.'},
  retries: {type: 'integer', minimum: 0, description: 'How often a job that the machine killed is tried again.'},
  setup: {type: 'array', items: text, description: 'Shell lines before each job, for clusters that need them.'},
  slurm: closed({
    partition: text, account: text, time_limit_minutes: positive, array_size: {type: 'integer', minimum: 1}, extra: {type: 'array', items: text},
  }),
  resources: {type: 'object', description: "Per step, over its contract's defaults.", additionalProperties: closed({cpus: positive, memory_gb: positive, minutes: positive})},
  images: {type: 'object', additionalProperties: text, description: 'Where images lie when there is no network.'},
});
