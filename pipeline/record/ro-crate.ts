// ro-crate-metadata.json: what was run on what and what came out, in RO-Crate 1.1 with the Workflow Run Crate profile 0.5. The plan is the workflow.
import type {ManifestEntry} from './publish-results.ts';

export interface CrateFile {
  /** Relative to the crate, or absolute where it lies elsewhere. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Key of the run file, or `data`. */
  readonly role?: string;
}

export interface CrateFacts {
  readonly name: string;
  readonly version: string;
  readonly plan: CrateFile;
  readonly inputs: readonly CrateFile[];
  /** Files of the crate that are neither read nor made by the run: settings, citations, tables between steps. */
  readonly others: readonly CrateFile[];
  readonly results: readonly ManifestEntry[];
  /** `<step>.<parameter>` -> value; null is off, and left out. */
  readonly params: Readonly<Record<string, unknown>>;
  /** Step -> what it ran with. */
  readonly programs: Readonly<Record<string, string>>;
  readonly started: string;
  readonly ended: string;
}

interface Entity {
  readonly '@id': string;
  readonly [property: string]: unknown;
}

const profiles: readonly Entity[] = [
  {'@id': 'https://w3id.org/ro/wfrun/process/0.5', '@type': 'CreativeWork', name: 'Process Run Crate', version: '0.5'},
  {'@id': 'https://w3id.org/ro/wfrun/workflow/0.5', '@type': 'CreativeWork', name: 'Workflow Run Crate', version: '0.5'},
  {'@id': 'https://w3id.org/workflowhub/workflow-ro-crate/1.0', '@type': 'CreativeWork', name: 'Workflow RO-Crate', version: '1.0'},
];

export function roCrate(facts: CrateFacts): unknown {
  const results = facts.results.map(({path, bytes, sha256}) => fileEntity({path: `results/${path}`, bytes, sha256}));
  const inputs = facts.inputs.map((input) => fileEntity(input, {exampleOfWork: {'@id': `#input-${input.role ?? 'data'}`}}));
  const others = facts.others.map((file) => fileEntity(file));
  const roles = [...new Set(facts.inputs.map(({role}) => role ?? 'data'))].sort();
  const fileParameters = roles.map((role): Entity => ({...formal(`#input-${role}`, role === 'data' ? 'files of counts, receptors, reads or references' : `the sheet or file "${role}" of the run file`), additionalType: 'File'}));
  const given = Object.entries(facts.params).filter(([, value]) => value !== null && value !== undefined);
  const parameters = given.map(([name, value]): Entity => ({...formal(`#parameter-${name}`, name), additionalType: typeOf(value)}));
  const values = given.map(([name, value]): Entity => ({'@id': `#value-${name}`, '@type': 'PropertyValue', name, value: typeof value === 'object' ? JSON.stringify(value) : value, exampleOfWork: {'@id': `#parameter-${name}`}}));
  const programs = Object.entries(facts.programs).map(([step, identity]): Entity => ({'@id': `#program-${step}`, '@type': 'SoftwareApplication', name: `programs of the step ${step}`, softwareVersion: identity}));
  const plan = fileEntity(facts.plan, {
    '@type': ['File', 'SoftwareSourceCode', 'ComputationalWorkflow'], name: `Plan of the run ${facts.name}`, description: 'Every job with its step, its unit and where its inputs come from.',
    version: facts.version, programmingLanguage: {'@id': '#lymphline-language'}, input: [...fileParameters, ...parameters].map(reference), softwareRequirements: programs.map(reference),
  });
  return {
    '@context': ['https://w3id.org/ro/crate/1.1/context', {sha256: 'https://w3id.org/ro/terms/workflow-run#sha256'}],
    '@graph': [
      {'@id': 'ro-crate-metadata.json', '@type': 'CreativeWork', about: {'@id': './'}, conformsTo: [{'@id': 'https://w3id.org/ro/crate/1.1'}, {'@id': 'https://w3id.org/workflowhub/workflow-ro-crate/1.0'}]},
      {
        '@id': './', '@type': 'Dataset', name: facts.name, description: `Results of the Lymphline run ${facts.name}, with what is needed to make them again.`, datePublished: facts.ended.slice(0, 10),
        license: {'@id': '#license'}, conformsTo: profiles.map(reference), mainEntity: reference(plan), mentions: {'@id': '#run'},
        hasPart: [plan, ...inputs, ...others, ...results].map(reference),
      },
      ...profiles,
      {'@id': '#license', '@type': 'CreativeWork', name: 'Set by the owner of the data', description: 'No licence is given here; ask the owner of the data.'},
      {'@id': '#lymphline-language', '@type': 'ComputerLanguage', name: 'Lymphline plan', version: facts.version},
      {'@id': '#lymphline', '@type': 'SoftwareApplication', name: 'Lymphline', softwareVersion: facts.version},
      {
        '@id': '#run', '@type': 'CreateAction', name: `Run of ${facts.name}`, instrument: reference(plan), startTime: facts.started, endTime: facts.ended,
        description: 'Every job of the plan, with the parameters given here.', object: [...inputs, ...values].map(reference), result: results.map(reference),
      },
      plan, ...fileParameters, ...parameters, ...values, ...programs, ...inputs, ...others, ...results,
    ],
  };
}

const reference = (entity: Entity): {'@id': string} => ({'@id': entity['@id']});
const formal = (id: string, name: string): Entity => ({'@id': id, '@type': 'FormalParameter', name, conformsTo: {'@id': 'https://bioschemas.org/profiles/FormalParameter/1.0-RELEASE'}});
const typeOf = (value: unknown): string => (typeof value === 'boolean' ? 'Boolean' : Number.isInteger(value) ? 'Integer' : typeof value === 'number' ? 'Float' : 'Text');

function fileEntity({path, bytes, sha256}: CrateFile, rest: Readonly<Record<string, unknown>> = {}): Entity {
  const id = path.startsWith('/') ? `file://${encodeURI(path)}` : encodeURI(path);
  return {'@id': id, '@type': 'File', name: path.slice(path.lastIndexOf('/') + 1), contentSize: String(bytes), sha256, encodingFormat: mediaType(path), ...rest};
}

const mediaTypes: readonly (readonly [RegExp, string])[] = [
  [/\.tsv$/, 'text/tab-separated-values'], [/\.csv$/, 'text/csv'], [/\.html$/, 'text/html'], [/\.svg$/, 'image/svg+xml'], [/\.json$/, 'application/json'], [/\.(yaml|cff)$/, 'application/yaml'],
  [/\.(txt|gmt|bib)$/, 'text/plain'], [/\.gz$/, 'application/gzip'], [/\.(h5|h5ad|loom)$/, 'application/x-hdf5'],
];

const mediaType = (path: string): string => mediaTypes.find(([pattern]) => pattern.test(path))?.[1] ?? 'application/octet-stream';
