// Figures as PDF and PNG: every element that a figure uses is drawn, as vectors, with the font within, and equal figures have equal bytes.
import {resolve} from 'node:path';
import {inflateSync} from 'node:zlib';
import {expect, test} from 'vitest';
import {randomStream} from '../../../pipeline/base/random.ts';
import {drawFigures} from '../../../pipeline/figures/all-figures.ts';
import {drawing, element, missingBox, text} from '../../../pipeline/figures/svg.ts';
import {parseSvg, svgToPdf} from '../../../steps/report/svg-to-pdf.ts';
import {svgToPng} from '../../../steps/report/svg-to-png.ts';
import {scene} from '../figures/scene.ts';

const fontFile = (weight: string): string => resolve(import.meta.dirname, `../../../configs/fonts/figure-sans-${weight}.ttf`);
const fonts = {regular: fontFile('regular'), bold: fontFile('bold')};
const figures = drawFigures(scene({nPatients: 3}), randomStream(1, 'umap figure'));

/** What the pages draw, in plain text. */
function contentOf(pdf: Buffer): string {
  const bytes = pdf.toString('latin1');
  return [...bytes.matchAll(/\/FlateDecode\n?>>\nstream\n/g)].map((found) => {
    const from = found.index + found[0].length;
    try {
      return inflateSync(pdf.subarray(from, pdf.indexOf('\nendstream', from))).toString('latin1');
    } catch {
      return '';
    }
  }).join('\n');
}

test('every figure is a PDF of vectors with its font, and the same bytes again', async () => {
  for (const {svg, title, id} of figures) {
    const pdf = await svgToPdf(svg, {title, fonts});
    const bytes = pdf.toString('latin1');
    expect(bytes.startsWith('%PDF-1.'), id).toBe(true);
    expect(bytes, id).toContain('/FontFile2');
    expect(bytes, id).toMatch(/\/BaseFont \/[A-Z]{6}\+FigureSans/);
    expect(bytes, id).not.toContain('/Subtype /Image');
    expect(pdf.equals(await svgToPdf(svg, {title, fonts})), id).toBe(true);
  }
});

// 180 mm are 510.24 pt; 510 units of the drawing are as wide. 90 units are 90 * 510.24 / 510 = 90.04 pt high.
test('size, shapes, dashes and turned text are those of the SVG', async () => {
  const svg = drawing({id: 'f', title: 't', description: 'd', width: 510, height: 90, body: [
    element('line', {x1: 1, y1: 2, x2: 3, y2: 4, stroke: '#ff0000', 'stroke-dasharray': '6 2 1.5 2'}), missingBox({x: 10, y: 10, width: 20, height: 20, reason: 'why'}), text(50, 60, 'a < b & "c"', {rotate: -90, anchor: 'end'}),
  ]});
  expect(parseSvg(svg).children.filter((child) => typeof child !== 'string').map(({tag}) => tag)).toEqual(['title', 'desc', 'defs', 'rect', 'line', 'g', 'text']);
  const pdf = await svgToPdf(svg, {title: 't', fonts});
  expect(pdf.toString('latin1')).toMatch(/\/MediaBox \[0 0 510\.2\d* 90\.0\d*\]/);
  const content = contentOf(pdf);
  for (const words of ['1 2 m', '3 4 l', '[6 2 1.5 2] 0 d', '1 0 0 SCN', '10 10 20 20 re', 'W n']) expect(content).toContain(words);
});

test('an element that the PDF writer does not know is refused, not left out', async () => {
  await expect(svgToPdf(drawing({id: 'f', title: 't', description: 'd', width: 10, height: 10, body: [element('ellipse', {cx: 1})]}), {title: 't', fonts})).rejects.toThrow('the element ellipse');
});

// 180 mm at 300 dots an inch: 180 / 25.4 * 300 = 2126 dots.
test('a PNG has the printed size at 300 dots an inch, and the same bytes again', async () => {
  const png = await svgToPng(figures[0].svg, fonts);
  expect([png.subarray(1, 4).toString(), png.readUInt32BE(16)]).toEqual(['PNG', 2126]);
  expect(png.equals(await svgToPng(figures[0].svg, fonts))).toBe(true);
});
