// The schemas as files for editors: the objects that ajv validates with, and in the run file's the parameters of every step.
import type {StepContract} from '../model/step-contract.ts';
import {chemistrySchema} from './chemistry-schema.ts';
import {profileSchema} from './profile-schema.ts';
import {runSchemaWithSteps} from './run-schema.ts';
import type {Schema} from './schema-parts.ts';
import {stepSchema} from './step-schema.ts';

/** File name in configs/schema -> content. */
export function schemaFiles(contracts: readonly StepContract[]): Record<string, string> {
  const file = (title: string, schema: Schema): string => `${JSON.stringify({$schema: 'http://json-schema.org/draft-07/schema#', title, ...schema}, undefined, 1)}\n`;
  return {
    'run.schema.json': file('Lymphline run file', runSchemaWithSteps(contracts)),
    'profile.schema.json': file('Lymphline profile', profileSchema),
    'chemistry.schema.json': file('Lymphline chemistry', chemistrySchema),
    'step.schema.json': file('Lymphline step contract', stepSchema),
  };
}
