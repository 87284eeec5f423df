// Colours that stand for different things stay apart to readers with each of the three common colour deficiencies, and what has an order keeps it in grey.
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {verdictColours} from '../../../pipeline/figures/clone-tracking.ts';
import {classColours, isotypeColours} from '../../../pipeline/figures/share-figures.ts';
import {readCellTypes} from '../../../pipeline/formats/cell-types.ts';

// Machado, Oliveira and Fernandes 2009 (IEEE Trans Vis Comput Graph 15:1291), severity 1, on linear RGB.
const deficiencies: Readonly<Record<string, readonly (readonly [number, number, number])[]>> = {
  none: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritanopia: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};

const linear = (hex: string): number[] => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255).map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));

/** CIE Lab (D65). */
function lab(hex: string, matrix: readonly (readonly [number, number, number])[]): number[] {
  const rgb = linear(hex);
  const [r, g, b] = matrix.map((row) => Math.min(1, Math.max(0, row.reduce((sum, weight, i) => sum + weight * rgb[i], 0))));
  const f = (t: number): number => (t > 216 / 24389 ? Math.cbrt(t) : (24389 / 27 * t + 16) / 116);
  const [x, y, z] = [(0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505, 0.2126 * r + 0.7152 * g + 0.0722 * b, (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089].map(f);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

const lineages = readCellTypes(join(import.meta.dirname, '../../../configs/cell-types.yaml')).types.filter((type) => type.level === 'lineage' && !['erythrocyte', 'progenitor', 'unassigned'].includes(type.label)).map(({label, colour}) => [label, colour] as const);
const palettes: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [['lineages', lineages], ['isotypes', Object.entries(isotypeColours).filter(([name]) => !['IGHG', 'IGHA'].includes(name))], ['classes of clone size', classColours], ['verdicts', Object.entries(verdictColours)]];

// A difference of 10 is seen at a glance.
test.each(palettes.flatMap(([name, colours]) => Object.keys(deficiencies).map((deficiency) => [name, deficiency, colours] as const)))('%s with %s are apart', (_name, deficiency, colours) => {
  const close = colours.flatMap(([a, first], i) => colours.slice(i + 1).flatMap(([b, second]) => {
    const [from, to] = [lab(first, deficiencies[deficiency]), lab(second, deficiencies[deficiency])];
    const distance = Math.hypot(...from.map((value, k) => value - to[k]));
    return distance < 10 ? [`${a} and ${b}: ${distance.toFixed(1)}`] : [];
  }));
  expect(close).toEqual([]);
});

test('classes of clone size are darker the larger they are', () => {
  const lightness = classColours.map(([, colour]) => lab(colour, deficiencies['none'])[0]);
  lightness.slice(1).forEach((value, i) => expect(lightness[i] - value).toBeGreaterThan(8));
});
