// The JSON schema of steps/*/step.yaml (model/step-contract.ts).
import {keys, oneOf, positive, text, texts, type Schema} from './schema-parts.ts';

const format = oneOf(['any', 'h5ad', 'tsv', 'tsv.gz', 'json', 'yaml', 'gmt', 'html', 'folder'], 'Format of the file.');

const input = keys('One input.', {
  format,
  from: {
    anyOf: [{type: 'string', minLength: 1, title: 'text'}, {type: 'array', items: {type: 'string', minLength: 1}, minItems: 1, title: 'a list of alternatives'}],
    description: '<step>, <step>.<output>, sheet.<column>, config.<key> or shipped.<path>; of a list the first that has a file for a unit wins.',
  },
  library: texts('Only from libraries of these kinds.'),
  ignores: texts('Ends of names of files that the step never reads in a folder; they are not digested.'),
  optional: {type: 'boolean', description: 'May be an empty list; a job without a source for a required input is not planned.'},
}, ['format', 'from']);

const param = keys('One parameter.', {
  type: oneOf(['string', 'number', 'integer', 'boolean', 'list', 'any'], 'Type of the value.'),
  enum: {type: 'array', minItems: 1, description: 'The values that are allowed.'},
  words: texts('Words that stand for a value of another type, such as auto for a number.'),
  minimum: {type: 'number', description: 'Smallest value.'},
  maximum: {type: 'number', description: 'Largest value.'},
  nullable: {type: 'boolean', description: 'null is allowed though it is not the default.'},
  default: {description: 'Value where the run file gives none; null: no limit, or off.'},
  unit: text('Unit of the value.'),
  summary: text('What it does, in one sentence.'),
  same_as: text('<step>.<parameter> that has to have the same value.'),
  used_when: {type: 'object', description: 'Counts (and enters the fingerprint) only where these parameters have these values.'},
  only_with: {type: 'object', additionalProperties: {type: 'object'}, description: 'Value: the values that other parameters must have for it to be allowed.'},
  needs_key: {type: 'object', additionalProperties: {type: 'string', title: 'text'}, description: 'Value: the key that the run file must have for it to be allowed.'},
  refused: {type: 'object', additionalProperties: {type: 'string', title: 'text'}, description: 'Value that is asked for and not offered: why.'},
}, ['type', 'default', 'summary']);

const output = keys('One output.', {
  format,
  file: text('File name inside outputs/.'),
  columns: texts('Columns of a table, in order; more may follow.'),
  publish: text('Path inside results/.'),
  optional: {type: 'boolean', description: 'Written only when a parameter asks for it.'},
  tolerance: {
    type: 'object', description: 'By column (*: every other): how far a number made on another machine may be off, |a - b| <= absolute + relative * |a|.',
    additionalProperties: keys('How far.', {absolute: {type: 'number', minimum: 0, description: 'In the unit of the column.'}, relative: {type: 'number', minimum: 0, description: 'Of the published value.'}}),
  },
}, ['format']);

const command = texts('Program and arguments; the job file is added as the last.', {minItems: 1});
const container = text('Image that holds its tools.');
const determinism = text('What a result may depend on besides its inputs.', {pattern: '^(exact|threads|cpu|stochastic(\\(seed\\))?)$', 'x-expected': 'exact | threads | cpu | stochastic(seed)'});
const tools: Schema = {
  type: 'array', description: 'Programs that the image, or PATH, has to have.',
  items: keys('One program.', {name: text('Name of the program.'), version: texts('Command that prints its version.', {minItems: 1}), accepts: text('Regular expression that the version matches.')}, ['name', 'version', 'accepts']),
};
const variant = keys('What one value of the parameter changes.', {container, command, tools, determinism}, ['container', 'command']);

export const stepSchema = keys('The contract of a step.', {
  name: text('Name of the step and of its folder.', {pattern: '^[a-z][a-z0-9-]*$', 'x-expected': 'small letters, digits and -'}),
  summary: text('What it does, in one sentence.'),
  per: oneOf(['library', 'sample', 'patient', 'cohort'], 'One job for each of these.'),
  when: keys('Only in some runs.', {with: text('Key that the run file must have.'), without: text('Key that the run file must not have.'), needed: {type: 'boolean', description: 'Only where another job needs an output of it, as an input that is not optional.'}}),
  inputs: {type: 'object', additionalProperties: input, description: 'Inputs by name.'},
  params: {type: 'object', additionalProperties: param, description: 'Parameters by name.'},
  outputs: {type: 'object', minProperties: 1, additionalProperties: output, description: 'Outputs by name.'},
  config: texts('Keys of the run file whose value the step is given.'),
  design: oneOf(['keys', 'full'], 'The sheet rows of the unit; full: also timepoints, contrasts and visits.'),
  resources: keys('What one job needs.', {cpus: positive('Cores.'), memory_gb: positive('Memory (GB).'), minutes: positive('Time limit (minutes).')}, ['cpus', 'memory_gb', 'minutes']),
  measured: keys('How large a cohort it was measured with; the plan says where a run is above it.', {
    library: texts('Libraries of the samples sheet whose files count.', {minItems: 1}), input_gb: positive('Size of those files together (GB).'), folder_files: texts('Names of the files of a folder that count: the first that is found in it or below it.', {minItems: 1}), summary: text('What was measured.'), beyond: text('What to do beyond it, as a sentence.'),
  }, ['library', 'input_gb', 'folder_files', 'summary', 'beyond']),
  container,
  command,
  determinism,
  tools,
  variants: {type: 'object', maxProperties: 1, additionalProperties: {type: 'object', additionalProperties: variant}, description: 'A parameter whose value chooses the programs.'},
  seeded: {type: 'boolean', description: 'The seed is part of the result.'},
  tool: {type: 'boolean', description: 'Started by the command line, no part of a run.'},
}, ['name', 'summary', 'per', 'inputs', 'params', 'outputs', 'design', 'resources', 'container', 'command', 'determinism']);
