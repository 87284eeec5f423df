// The JSON schema of the run file. Unknown keys are errors.
const text = {type: 'string', minLength: 1};
const texts = {type: 'array', items: text};
const closed = (properties: Record<string, unknown>, required: string[] = []): Record<string, unknown> => ({type: 'object', additionalProperties: false, required, properties});

export const runSchema = closed(
  {
    lymphline: {const: 1},
    name: {type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$'},
    samples: text, visits: text, patients: text, biopsies: text, adverse_events: text,
    timepoints: {...texts, minItems: 1, uniqueItems: true},
    contrasts: {
      type: 'array',
      items: closed({name: text, by: text, before: text, after: text, where: {type: 'object', additionalProperties: {type: 'string'}}, primary: {type: 'boolean'}}, ['name', 'by', 'before', 'after']),
    },
    missing_pairs: {enum: ['error', 'drop']},
    on_sample_failure: {enum: ['stop', 'quarantine']},
    keep: {enum: ['all', 'results']},
    cells: closed({path: text, sample_column: text, barcode_column: text, cell_type_column: text}, ['path']),
    labels: closed({path: text, column: text}, ['path']),
    cell_type_map: {type: 'object', additionalProperties: text},
    car: closed({features: texts, min_umi: {type: 'integer', minimum: 1}}, ['features']),
    signatures: closed({primary: texts, exploratory: {anyOf: [{const: 'all'}, texts]}, files: texts}),
    reference: closed({genome: text, genes: text, extra: texts}),
    steps: {type: 'object', additionalProperties: {type: 'object'}},
    seed: {type: 'integer', minimum: 0},
    profile: text,
  },
  ['lymphline', 'name', 'samples', 'timepoints'],
);
