// ro-crate-metadata.json: what was run on what and what came out, in RO-Crate 1.1 with the Process Run Crate profile.
import type {ManifestEntry} from './publish-results.ts';

export interface CrateFacts {
  readonly name: string;
  readonly version: string;
  /** Relative to the run directory, or a URI. */
  readonly runFile: string;
  readonly inputs: readonly {readonly path: string; readonly sha256: string}[];
  readonly results: readonly ManifestEntry[];
  readonly started: string;
  readonly ended: string;
}

export function roCrate(facts: CrateFacts): unknown {
  const results = facts.results.map((entry) => ({'@id': `results/${entry.path}`, '@type': 'File', contentSize: String(entry.bytes), sha256: entry.sha256}));
  const inputs = facts.inputs.map((input) => ({'@id': encodeURI(`file://${input.path}`), '@type': 'File', sha256: input.sha256}));
  const reference = (entity: {'@id': string}): {'@id': string} => ({'@id': entity['@id']});
  const profile = 'https://w3id.org/ro/wfrun/process/0.5';
  return {
    '@context': ['https://w3id.org/ro/crate/1.1/context', 'https://w3id.org/ro/terms/workflow-run/context'],
    '@graph': [
      {'@id': 'ro-crate-metadata.json', '@type': 'CreativeWork', about: {'@id': './'}, conformsTo: {'@id': 'https://w3id.org/ro/crate/1.1'}},
      {
        '@id': './', '@type': 'Dataset', name: facts.name, description: `Results of the Lymphline run ${facts.name}.`, datePublished: facts.ended.slice(0, 10),
        license: 'Set by the owner of the data.', conformsTo: {'@id': profile}, hasPart: results.map(reference), mentions: {'@id': '#run'},
      },
      {'@id': profile, '@type': 'CreativeWork', name: 'Process Run Crate', version: '0.5'},
      {'@id': '#lymphline', '@type': 'SoftwareApplication', name: 'Lymphline', version: facts.version},
      {
        '@id': '#run', '@type': 'CreateAction', name: `lymphline run ${facts.runFile}`, instrument: {'@id': '#lymphline'}, startTime: facts.started, endTime: facts.ended,
        object: inputs.map(reference), result: results.map(reference),
      },
      ...inputs,
      ...results,
    ],
  };
}
