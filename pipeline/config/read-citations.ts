// configs/citations.yaml -> CITATION.cff for the steps of one run (Citation File Format 1.2.0).
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import type {ToolContract} from '../model/step-contract.ts';

export interface Citation {
  readonly steps: readonly string[];
  /** Only where the step's contract, as its parameters make it, names this tool. */
  readonly tool?: string;
  /** Only where the parameter has one of these values. */
  readonly when?: Readonly<Record<string, readonly unknown[]>>;
  readonly reference: Readonly<Record<string, unknown>>;
}

export interface CitedStep {
  readonly name: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly tools: readonly ToolContract[];
}

export async function readCitations(projectRoot: string): Promise<readonly Citation[]> {
  const {parse} = await import('yaml');
  return parse(readFileSync(join(projectRoot, 'configs/citations.yaml'), 'utf8')) as Citation[];
}

/** The project's own CITATION.cff, with the references of what the run used. */
export async function citationFile(projectRoot: string, ran: readonly CitedStep[]): Promise<string> {
  const {parse, stringify} = await import('yaml');
  const own = parse(readFileSync(join(projectRoot, 'CITATION.cff'), 'utf8')) as Record<string, unknown>;
  const references = (await readCitations(projectRoot)).filter((citation) => ran.some((step) => applies(citation, step))).map(({reference}) => reference);
  return stringify({...own, message: 'Please cite Lymphline and what this run used (references).', references}, {lineWidth: 0});
}

function applies({steps, tool, when}: Citation, step: CitedStep): boolean {
  return steps.includes(step.name) && (tool === undefined || step.tools.some(({name}) => name === tool)) && Object.entries(when ?? {}).every(([param, values]) => values.includes(step.params[param]));
}
