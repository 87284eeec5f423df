// containers/images.yaml -> the images that steps can ask for.
import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {failed, succeeded, type Result} from '../base/result.ts';
import type {Failure} from '../model/failure.ts';
import type {ImageEntry} from '../model/image.ts';
import {yamlChecker} from './check-yaml.ts';
import {keys, oneOf, text, type Schema} from './schema-parts.ts';
import {readYamlText} from './text-file.ts';

const imagesSchema: Schema = {
  type: 'object',
  additionalProperties: keys('One image.', {
    contents: text('What is inside.'),
    licence: text('Licences of what is inside.'),
    reference: text('Where it is published.'),
    digest: text('Of its manifest.', {pattern: '^sha256:[0-9a-f]{64}$', 'x-expected': 'sha256: and 64 hex digits'}),
    node: oneOf(['image', 'host'], 'Whose Node runs steps in it.', {default: 'image'}),
  }, ['contents', 'licence']),
};

/** By name. */
export async function readImages(projectRoot: string): Promise<Result<ReadonlyMap<string, ImageEntry>, readonly Failure[]>> {
  const file = join(projectRoot, 'containers/images.yaml');
  const content = readYamlText(file, {reason: 'config-invalid', askedBy: 'the project'});
  if (!content.ok) return content;
  const check = await yamlChecker(imagesSchema, 'config-invalid');
  const {values, failures} = check({file, text: content.value});
  if (failures.length > 0) return failed(failures);
  const entries = Object.entries(values as Record<string, Omit<ImageEntry, 'name' | 'isOurs'>>);
  return succeeded(new Map(entries.map(([name, entry]) => [name, {...entry, name, isOurs: existsSync(join(projectRoot, 'containers', name, 'Containerfile'))}])));
}
