// What `lymphline doctor` found, in words.
import type {CheckedStep, CheckedTool} from './doctor-steps.ts';
import {toolWords} from './doctor-steps.ts';
import type {JobCheck} from './doctor-job.ts';

export interface Finding {
  readonly what: string;
  readonly found: string;
  readonly ok: boolean;
  readonly expected: string;
}

export interface DoctorReport {
  readonly profile: string;
  readonly launcher: string;
  readonly engine: string;
  readonly machine: readonly Finding[];
  /** Engines and Slurm; version null: `words` say why it does not answer. */
  readonly engines: readonly {readonly engine: string; readonly version: string | null; readonly words: string}[];
  readonly imageFolder: string;
  readonly images: readonly {readonly image: string; readonly isOurs: boolean; readonly forms: readonly string[]}[];
  readonly tools: readonly CheckedTool[];
  readonly steps: readonly CheckedStep[];
  readonly job: JobCheck;
  readonly canRun: boolean;
}

export function doctorText(report: DoctorReport): string {
  const {profile, machine, engines, images, imageFolder, tools, steps, job, canRun} = report;
  const missing = steps.filter(({runsHere}) => !runsHere);
  const parts: [string, string[]][] = [
    ['machine', machine.map(({what, found, ok, expected}) => `${mark(ok)} ${what}: ${found}${ok ? '' : `, expected ${expected}`}`)],
    ['engines', engines.map(({engine, version, words}) => `${mark(version !== null)} ${engine} ${version ?? `does not answer: ${words}`}`)],
    [`images in ${imageFolder}`, images.map(({image, isOurs, forms}) => `${mark(forms.length > 0)} ${image}${forms.length > 0 ? `: ${forms.join(', ')}` : `: not here (lymphline images ${isOurs ? 'build' : 'pull'} ${image})`}`)],
    ['tools on PATH', tools.map((tool) => `${mark(tool.isAccepted)} ${toolWords(tool)}`)],
    [`steps with profile ${profile}`, [`${mark(true)} ${steps.filter(({runsHere}) => runsHere).map(({step}) => step).join(' ') || 'none'}`, ...missing.map(({step, words}) => `${mark(false)} ${step}: ${words}`)]],
    ['one small job', [`${mark(job.ok)} ${job.ok ? `done in ${job.seconds.toFixed(1)} s: ${job.words}` : job.words.replaceAll('\n', '\n  ')}`]],
  ];
  const body = parts.filter(([, lines]) => lines.length > 0).map(([title, lines]) => `${title}\n${lines.map((line) => `  ${line}\n`).join('')}`).join('');
  return `${body}${canRun ? `This machine can run ${missing.length === 0 ? 'every step' : `${steps.length - missing.length} of ${steps.length} steps`} with profile ${profile}.` : `This machine cannot run jobs with profile ${profile}.`}\n`;
}

/** Words, so that a log without colour says the same. */
const mark = (ok: boolean): string => (ok ? 'ok' : '--');
