// A figure as pixels, 300 to the inch at its printed size.
import type {FontFiles} from './font-files.ts';

const dotsPerInch = 300;

export async function svgToPng(svg: string, {regular, bold}: FontFiles): Promise<Buffer> {
  const {Resvg} = await import('@resvg/resvg-js');
  const width = Number(/ width="([\d.]+)mm"/.exec(svg)?.[1] ?? 180);
  return new Resvg(svg, {
    font: {fontFiles: [regular, bold], loadSystemFonts: false, defaultFontFamily: 'Figure Sans'},
    fitTo: {mode: 'width', value: Math.round((width / 25.4) * dotsPerInch)},
  }).render().asPng();
}
