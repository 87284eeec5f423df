// The fonts of figures: as files for PDF and PNG, as font faces with the data in them for SVG and the page.
import {readFileSync} from 'node:fs';
import type {StepJob} from '../../pipeline/step-runtime/run-step.ts';

export interface FontFiles {
  /** Paths of TrueType files. */
  readonly regular: string;
  readonly bold: string;
}

export interface FigureFonts extends FontFiles {
  readonly css: string;
}

export function readFonts(job: StepJob): FigureFonts {
  const face = (input: string, weight: number): string => `@font-face{font-family:'Figure Sans';font-weight:${weight};src:url(data:font/woff2;base64,${readFileSync(job.input(input)).toString('base64')}) format('woff2')}`;
  return {regular: job.input('font_regular'), bold: job.input('font_bold'), css: face('web_font_regular', 400) + face('web_font_bold', 700)};
}
