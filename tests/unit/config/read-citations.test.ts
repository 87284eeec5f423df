import {join} from 'node:path';
import {expect, test} from 'vitest';
import {parse} from 'yaml';
import {citationFile, readCitations} from '../../../pipeline/config/read-citations.ts';
import {readStepContracts} from '../../../pipeline/config/read-step-contracts.ts';
import type {StepContract} from '../../../pipeline/model/step-contract.ts';

const root = join(import.meta.dirname, '../../..');

async function contracts(): Promise<readonly StepContract[]> {
  const read = await readStepContracts(root);
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return read.value;
}

test('every tool that a step declares is cited, and every citation names steps, parameters and values that exist', async () => {
  const citations = await readCitations(root);
  const steps = new Map((await contracts()).map((step) => [step.name, step]));
  const tools = [...steps.values()].flatMap((step) => [...(step.tools ?? []), ...Object.values(step.variants ?? {}).flatMap((values) => Object.values(values).flatMap((variant) => variant.tools ?? []))].map(({name}) => `${step.name} ${name}`));
  const cited = citations.flatMap(({steps: names, tool}) => (tool === undefined ? [] : names.map((step) => `${step} ${tool}`)));
  expect([...new Set(tools)].filter((tool) => !cited.includes(tool))).toEqual([]);
  expect(cited.filter((tool) => !tools.includes(tool))).toEqual([]);
  for (const {steps: names, when = {}} of citations) {
    for (const name of names) for (const [param, values] of Object.entries(when)) expect(steps.get(name)?.params[param]?.enum, `${name} ${param}`).toEqual(expect.arrayContaining(values as string[]));
  }
});

test('a run cites what its parameters chose, in the Citation File Format', async () => {
  const step = (name: string, params: Record<string, unknown>) => ({name, params, tools: []});
  const titles = async (...ran: ReturnType<typeof step>[]): Promise<string[]> => (parse(await citationFile(root, ran)) as {references: {title: string}[]}).references.map(({title}) => title.split(':')[0]);
  expect(await titles(step('score-signatures', {method: 'ucell'}))).toEqual(['UCell']);
  expect(await titles(step('score-signatures', {method: 'aucell'}), step('cluster', {batch: 'harmony', tool: 'scran'}))).toEqual(['Fast, sensitive and accurate integration of single-cell data with Harmony', 'From Louvain to Leiden', 'UMAP', 'SCENIC']);
  const file = parse(await citationFile(root, [])) as Record<string, unknown>;
  expect(file).toMatchObject({'cff-version': '1.2.0', title: 'Lymphline', references: []});
});
