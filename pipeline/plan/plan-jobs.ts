// Steps times units, each input tied to its source. Pure: equal config, equal plan, byte for byte. Opens no file.
import {closestName} from '../base/closest-name.ts';
import {failed, succeeded, type Result} from '../base/result.ts';
import type {Failure} from '../model/failure.ts';
import type {InputSource, Plan, PlannedJob} from '../model/plan.ts';
import type {LibraryRow, RunConfig} from '../model/run-config.ts';
import type {InputContract, StepContract, UnitKind} from '../model/step-contract.ts';

interface Unit {
  readonly kind: UnitKind;
  readonly id: string;
  readonly rows: readonly LibraryRow[];
}

/** Jobs in order of the steps' dependences (then step name), units in sheet order. */
export function planJobs(config: RunConfig, rows: readonly LibraryRow[], contracts: readonly StepContract[]): Result<Plan, readonly Failure[]> {
  const known = contracts.map((step) => step.name);
  const steps = contracts.filter((step) => isInRun(step, config)).sort((a, b) => (a.name < b.name ? -1 : 1));
  const missing = missingProducers(steps, known);
  if (missing.length > 0) return failed(missing);
  const ordered = orderSteps(steps);
  if (!ordered.ok) return failed([ordered.error]);
  const present = rows.filter((row) => row.excluded === '' && row.library !== '');
  const made = new Map<string, {job: PlannedJob; unit: Unit}[]>();
  for (const step of ordered.value) {
    const jobs = unitsOf(step.per, present).flatMap((unit) => {
      const inputs = connectInputs(step, unit, {config, made});
      return inputs === undefined ? [] : [{job: {id: `${step.name}/${unit.id}`, step, unit: {kind: unit.kind, id: unit.id}, inputs}, unit}];
    });
    made.set(step.name, jobs);
  }
  return succeeded({jobs: withoutUnneeded([...made.values()].flat().map(({job}) => job))});
}

/** From the last job to the first, so that what only an unneeded job needs goes too. */
function withoutUnneeded(jobs: readonly PlannedJob[]): PlannedJob[] {
  const needed = new Set<string>();
  const dropped = new Set<string>();
  for (const job of jobs.toReversed()) {
    if (job.step.when?.needed && !needed.has(job.id)) {
      dropped.add(job.id);
      continue;
    }
    const required = Object.entries(job.inputs).filter(([name]) => !job.step.inputs[name].optional);
    for (const [, sources] of required) for (const source of sources) if (source.kind === 'job') needed.add(source.job);
  }
  if (dropped.size === 0) return [...jobs];
  const stays = (source: InputSource): boolean => source.kind !== 'job' || !dropped.has(source.job);
  return jobs.filter((job) => !dropped.has(job.id)).map((job) => ({...job, inputs: Object.fromEntries(Object.entries(job.inputs).map(([name, sources]) => [name, sources.filter(stays)]))}));
}

function isInRun(step: StepContract, config: RunConfig): boolean {
  const has = (key: string): boolean => config.values[key] !== undefined && config.values[key] !== false;
  if (step.tool) return false;
  return (step.when?.with === undefined || has(step.when.with)) && (step.when?.without === undefined || !has(step.when.without));
}

const alternatives = (input: InputContract): readonly string[] => (typeof input.from === 'string' ? [input.from] : input.from);
const isStepSource = (from: string): boolean => !/^(sheet|config|shipped)\./.test(from);

function missingProducers(steps: readonly StepContract[], known: readonly string[]): Failure[] {
  return steps.flatMap((step) =>
    Object.entries(step.inputs).flatMap(([input, contract]) =>
      alternatives(contract).filter(isStepSource).flatMap((from): Failure[] => {
        const [producer, output = input] = from.split('.');
        const there = steps.find((other) => other.name === producer);
        if (there === undefined && known.includes(producer)) return [];
        if (there !== undefined && there.outputs[output] !== undefined) return [];
        const closest = there === undefined ? closestName(producer, known) : closestName(output, Object.keys(there.outputs));
        return [{reason: 'plan-missing-producer', step: step.name, input, from, closest}];
      }),
    ),
  );
}

function orderSteps(steps: readonly StepContract[]): Result<StepContract[], Failure> {
  const ordered: StepContract[] = [];
  const path: string[] = [];
  const visit = (step: StepContract): readonly string[] | undefined => {
    if (ordered.includes(step)) return undefined;
    if (path.includes(step.name)) return [...path.slice(path.indexOf(step.name)), step.name];
    path.push(step.name);
    for (const input of Object.values(step.inputs)) {
      for (const from of alternatives(input).filter(isStepSource)) {
        const producer = steps.find((other) => other.name === from.split('.')[0]);
        const cycle = producer === undefined ? undefined : visit(producer);
        if (cycle !== undefined) return cycle;
      }
    }
    path.pop();
    ordered.push(step);
    return undefined;
  };
  for (const step of steps) {
    const cycle = visit(step);
    if (cycle !== undefined) return failed({reason: 'plan-cycle', steps: cycle});
  }
  return succeeded(ordered);
}

function unitsOf(kind: UnitKind, rows: readonly LibraryRow[]): Unit[] {
  const key = (row: LibraryRow): string =>
    kind === 'library' ? row.library_id : kind === 'sample' ? row.sample_id : kind === 'patient' ? row.patient_id : 'cohort';
  return [...Map.groupBy(rows, key)].map(([id, own]) => ({kind, id, rows: own}));
}

interface Scene {
  readonly config: RunConfig;
  readonly made: ReadonlyMap<string, readonly {job: PlannedJob; unit: Unit}[]>;
}

/** Undefined where a required input has no source. */
function connectInputs(step: StepContract, unit: Unit, scene: Scene): PlannedJob['inputs'] | undefined {
  const connected: Record<string, InputSource[]> = {};
  for (const [name, contract] of Object.entries(step.inputs)) {
    const told = new Set<string>();
    connected[name] = alternatives(contract).flatMap((from) => {
      const found = sourcesOf({from, name, contract, unit, scene}).filter((source) => !told.has(source.unit));
      for (const source of found) told.add(source.unit);
      return found;
    });
    if (connected[name].length === 0 && !contract.optional) return undefined;
  }
  return connected;
}

function sourcesOf(ask: {from: string; name: string; contract: InputContract; unit: Unit; scene: Scene}): InputSource[] {
  const {from, name, contract, unit, scene} = ask;
  const wanted = (row: LibraryRow): boolean => contract.library === undefined || contract.library.includes(row.library);
  if (from.startsWith('sheet.')) {
    const column = from.slice('sheet.'.length);
    return unit.rows.filter(wanted).flatMap((row) => filesOf(row, column).map((path) => ({kind: 'file', root: 'run', unit: row.library_id, path})));
  }
  if (from.startsWith('shipped.')) return [{kind: 'file', root: 'project', unit: '', path: from.slice('shipped.'.length)}];
  if (from.startsWith('config.')) {
    let value: unknown = scene.config.values;
    for (const key of from.split('.').slice(1)) value = (value as Record<string, unknown> | undefined)?.[key];
    return [value ?? []].flat().map((path) => ({kind: 'file', root: 'run', unit: '', path: String(path)}));
  }
  const [producer, output = name] = from.split('.');
  return (scene.made.get(producer) ?? [])
    .filter(({unit: upstream}) => upstream.kind !== 'library' || upstream.rows.some(wanted))
    .filter(({unit: upstream}) => upstream.kind === 'cohort' || upstream.rows.some((row) => unit.rows.includes(row)))
    .map(({job, unit: upstream}) => ({kind: 'job', job: job.id, unit: upstream.id, output}));
}

/** Several files of a cell are separated by `;`. */
function filesOf(row: LibraryRow, column: string): string[] {
  const cell = column === 'path' ? row.path : (row.columns[column] ?? '');
  return cell === '' ? [] : column === 'path' ? [cell] : cell.split(';');
}
