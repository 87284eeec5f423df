import {mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {Ajv} from 'ajv';
import {expect, test} from 'vitest';
import {parse} from 'yaml';
import {readStepContracts} from '../../../pipeline/config/read-step-contracts.ts';
import {schemaFiles} from '../../../pipeline/config/schema-files.ts';

const root = join(import.meta.dirname, '../../..');

async function files(): Promise<Record<string, string>> {
  const contracts = await readStepContracts(root);
  if (!contracts.ok) throw new Error(JSON.stringify(contracts.error));
  return schemaFiles(contracts.value);
}

test('the files in configs/schema are those of the code (UPDATE_SCHEMA=1 writes them)', async () => {
  for (const [name, content] of Object.entries(await files())) {
    const path = join(root, 'configs/schema', name);
    if (process.env['UPDATE_SCHEMA'] === '1') {
      mkdirSync(join(root, 'configs/schema'), {recursive: true});
      writeFileSync(path, content);
    }
    expect(readFileSync(path, 'utf8'), `${name} is out of date: run the test with UPDATE_SCHEMA=1`).toBe(content);
  }
});

test('every key has a description to hover over', async () => {
  const bare = Object.entries(await files()).flatMap(([name, content]) => withoutDescription(JSON.parse(content), name));
  expect(bare).toEqual([]);
});

test('the schemas are valid, and fit the run files, profiles and contracts of the project', async () => {
  const schemas = await files();
  const fits = (schema: string, paths: readonly string[]): unknown[] => {
    const validate = new Ajv({strict: false}).compile(JSON.parse(schemas[schema]) as object);
    return paths.flatMap((path) => (validate(parse(readFileSync(path, 'utf8'))) ? [] : [{path, errors: validate.errors}]));
  };
  const below = (folder: string, pattern: RegExp): string[] => readdirSync(join(root, folder), {recursive: true, encoding: 'utf8'}).filter((path) => pattern.test(path)).map((path) => join(root, folder, path));
  expect(fits('profile.schema.json', below('configs/profiles', /\.yaml$/))).toEqual([]);
  expect(fits('step.schema.json', below('steps', /^[^/]+\/step\.yaml$/))).toEqual([]);
  expect(fits('run.schema.json', below('configs', /(^|\/)run\.yaml$/))).toEqual([]);
});

function withoutDescription(schema: {properties?: Record<string, object>; items?: object; additionalProperties?: unknown}, path: string): string[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, property]) => ['description' in property ? [] : [`${path}.${name}`], withoutDescription(property, `${path}.${name}`)].flat());
  const inner = [schema.items, schema.additionalProperties].flatMap((part) => (typeof part === 'object' && part !== null ? withoutDescription(part, `${path}[]`) : []));
  return [...own, ...inner];
}
