// lymphline steps
import {closestName} from '../base/closest-name.ts';
import {readStepContracts} from '../config/read-step-contracts.ts';
import {outputFileName, type StepContract} from '../model/step-contract.ts';
import {exitCodes, UsageError, type Command} from './command.ts';
import {printFailures} from './failures.ts';

export const stepsCommand: Command = {
  help: `
lymphline steps [NAME] [--json]

Every step in one line; with NAME its inputs, parameters (with units, defaults and bounds), outputs and resources.

example: lymphline steps qc
`,
  options: {json: {type: 'boolean'}},
  takes: [0, 1],
  async run(context) {
    const contracts = await readStepContracts(context.codeRoot);
    if (!contracts.ok) return printFailures(context, contracts.error);
    const [name] = context.positionals;
    if (name === undefined) {
      context.out(context.options['json'] ? `${JSON.stringify(contracts.value, undefined, 1)}\n` : overview(contracts.value));
      return exitCodes.done;
    }
    const step = contracts.value.find((one) => one.name === name);
    if (step === undefined) {
      const near = closestName(name, contracts.value.map((one) => one.name));
      throw new UsageError(`There is no step ${JSON.stringify(name)}.${near === undefined ? '' : ` Did you mean "${near}"?`}`);
    }
    context.out(context.options['json'] ? `${JSON.stringify(step, undefined, 1)}\n` : details(step));
    return exitCodes.done;
  },
};

function overview(steps: readonly StepContract[]): string {
  return aligned(steps.map((step) => [step.name, step.tool ? 'tool' : `per ${step.per}`, step.summary]));
}

function details(step: StepContract): string {
  const inputs = Object.entries(step.inputs).map(([name, input]) => [`  ${name}`, input.format, `from ${[input.from].flat().join(' or ')}${input.optional ? ' (optional)' : ''}`]);
  const params = Object.entries(step.params).map(([name, param]) => {
    const needs = [
      ...Object.entries(param.only_with ?? {}).map(([value, needed]) => `${value} needs ${Object.entries(needed).map(([other, values]) => `${other}: ${[values].flat().join(' or ')}`).join(', ')}`),
      ...Object.entries(param.needs_key ?? {}).map(([value, key]) => `${value} needs ${key} in the run file`),
    ];
    const bounds = [param.enum?.join(' | '), param.words === undefined ? undefined : `or ${param.words.join(', ')}`, param.minimum === undefined ? undefined : `>= ${param.minimum}`, param.maximum === undefined ? undefined : `<= ${param.maximum}`, param.unit, ...needs].filter((part) => part !== undefined);
    return [`  ${name}`, param.type, `default ${JSON.stringify(param.default)}`, `${param.summary}${bounds.length > 0 ? ` (${bounds.join(', ')})` : ''}`];
  });
  const outputs = Object.entries(step.outputs).map(([name, output]) => [`  ${name}`, outputFileName(name, output), output.publish === undefined ? '' : `published as results/${output.publish}`, (output.columns ?? []).join(' ')]);
  const variants = Object.entries(step.variants ?? {}).flatMap(([param, values]) => Object.entries(values).map(([value, {container, determinism, tools}]) =>
    [`  ${param}: ${value}`, `image ${container}`, `determinism: ${determinism ?? step.determinism}`, (tools ?? []).map(({name, accepts}) => `${name} ${accepts}`).join(', ')]));
  const {cpus, memory_gb, minutes} = step.resources;
  return `${step.name}: ${step.summary}
per ${step.per}; ${cpus} cpus, ${memory_gb} GB, ${minutes} minutes; determinism: ${step.determinism}
inputs
${aligned(inputs)}parameters (steps.${step.name}.… in the run file)
${aligned(params)}outputs
${aligned(outputs)}${variants.length === 0 ? '' : `other programs\n${aligned(variants)}`}`;
}

function aligned(rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '  none\n';
  const widths = rows[0].map((_cell, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => `${row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column]))).join('  ').trimEnd()}\n`).join('');
}
