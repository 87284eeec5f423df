// The JSON schema of steps/*/step.yaml (model/step-contract.ts says what each key means).
const text = {type: 'string', minLength: 1};
const closed = (properties: Record<string, unknown>, required: string[] = []): Record<string, unknown> => ({type: 'object', additionalProperties: false, required, properties});
const format = {enum: ['any', 'h5ad', 'tsv', 'tsv.gz', 'json', 'yaml', 'gmt', 'html', 'folder']};

export const stepSchema = closed(
  {
    name: {type: 'string', pattern: '^[a-z][a-z0-9-]*$'},
    summary: text,
    per: {enum: ['library', 'sample', 'patient', 'cohort']},
    when: closed({with: text, without: text}),
    inputs: {
      type: 'object',
      additionalProperties: closed({format, from: {anyOf: [text, {type: 'array', items: text, minItems: 1}]}, library: {type: 'array', items: text}, optional: {type: 'boolean'}}, ['format', 'from']),
    },
    params: {
      type: 'object',
      additionalProperties: closed(
        {
          type: {enum: ['string', 'number', 'integer', 'boolean', 'list', 'any']}, enum: {type: 'array'}, minimum: {type: 'number'}, maximum: {type: 'number'},
          default: {}, unit: text, summary: text, used_when: {type: 'object'},
        },
        ['type', 'default', 'summary'],
      ),
    },
    outputs: {
      type: 'object',
      minProperties: 1,
      additionalProperties: closed({format, file: text, columns: {type: 'array', items: text}, publish: text, optional: {type: 'boolean'}}, ['format']),
    },
    config: {type: 'array', items: text},
    design: {enum: ['keys', 'full']},
    resources: closed({cpus: {type: 'number', exclusiveMinimum: 0}, memory_gb: {type: 'number', exclusiveMinimum: 0}, minutes: {type: 'number', exclusiveMinimum: 0}}, ['cpus', 'memory_gb', 'minutes']),
    container: text,
    command: {type: 'array', items: text, minItems: 1},
    determinism: text,
    seeded: {type: 'boolean'},
    tool: {type: 'boolean'},
  },
  ['name', 'summary', 'per', 'inputs', 'params', 'outputs', 'design', 'resources', 'container', 'command', 'determinism'],
);
