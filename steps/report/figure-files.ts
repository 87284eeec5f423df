// A figure on disk: SVG with its fonts, the values drawn, its parameters, and on request the same picture as PDF and PNG.
import {createHash} from 'node:crypto';
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Figure} from '../../pipeline/figures/figure.ts';
import {withFonts} from '../../pipeline/figures/svg.ts';
import {writeTable} from '../../pipeline/formats/delimited-text.ts';
import type {FigureFonts} from './font-files.ts';

export interface FigureFiles {
  readonly folder: string;
  readonly fonts: FigureFonts;
  readonly formats: readonly string[];
  /** What every figure's parameters end with. */
  readonly provenance: Readonly<Record<string, unknown>>;
}

export async function writeFigure(figure: Figure, {folder, fonts, formats, provenance}: FigureFiles): Promise<void> {
  const {id, title, caption, svg, values, parameters, absent} = figure;
  const path = (extension: string): string => join(folder, `${id}.${extension}`);
  writeFileSync(path('svg'), withFonts(svg, fonts.css));
  writeTable(path('tsv'), values);
  if (formats.includes('png')) writeFileSync(path('png'), await (await import('./svg-to-png.ts')).svgToPng(svg, fonts));
  if (formats.includes('pdf')) writeFileSync(path('pdf'), await (await import('./svg-to-pdf.ts')).svgToPdf(svg, {title, fonts}));
  const digests = Object.fromEntries(['svg', 'tsv'].map((extension) => [`${id}.${extension}`, createHash('sha256').update(readFileSync(path(extension))).digest('hex')]));
  writeFileSync(path('json'), `${JSON.stringify({id, title, caption, ...(absent === undefined ? {} : {absent}), parameters, ...provenance, files: digests}, undefined, 1)}\n`);
}
