// A figure as PDF: the shapes and text of our own SVG, drawn one by one, with the font in the file. Knows only what pipeline/figures/svg.ts writes, and
// refuses anything else rather than leave it out of the picture.
import type {FontFiles} from './font-files.ts';

interface Element {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly (Element | string)[];
}

type Document = PDFKit.PDFDocument;

export async function svgToPdf(svg: string, {title, fonts}: {readonly title: string; readonly fonts: FontFiles}): Promise<Buffer> {
  const {default: PDFDocument} = await import('pdfkit');
  const root = parseSvg(svg);
  const [, , width, height] = root.attributes['viewBox'].split(' ').map(Number);
  // 510 units are 180 mm; a PDF point is 1/72 inch.
  const scale = ((180 / 25.4) * 72) / 510;
  const document: Document = new PDFDocument({size: [width * scale, height * scale], margin: 0, font: fonts.regular, compress: true, info: {Title: title, Creator: 'Lymphline', Producer: 'Lymphline', CreationDate: new Date(0)}});
  const chunks: Buffer[] = [];
  document.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise((done) => document.on('end', done));
  document.registerFont('regular', fonts.regular).registerFont('bold', fonts.bold);
  document.scale(scale);
  for (const child of root.children) drawElement(document, child);
  document.end();
  await ended;
  return Buffer.concat(chunks);
}

/** Elements of one line of text; SVG as `element` and `drawing` write it, which is all that comes here. */
export function parseSvg(svg: string): Element {
  const stack: {tag: string; attributes: Record<string, string>; children: (Element | string)[]}[] = [{tag: '', attributes: {}, children: []}];
  for (const [, close, tag, written, selfClosed, text] of svg.matchAll(/<(\/?)([a-zA-Z]+)((?:\s+[\w:-]+="[^"]*")*)\s*(\/?)>|([^<]+)/g)) {
    if (text !== undefined) stack.at(-1)!.children.push(unescaped(text));
    else if (close !== '') stack.pop();
    else {
      const element = {tag, attributes: Object.fromEntries([...written.matchAll(/([\w:-]+)="([^"]*)"/g)].map(([, name, value]) => [name, unescaped(value)])), children: []};
      stack.at(-1)!.children.push(element);
      if (selfClosed === '') stack.push(element);
    }
  }
  return stack[0].children.find((child): child is Element => typeof child !== 'string')!;
}

const unescaped = (text: string): string => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');

function drawElement(document: Document, element: Element | string): void {
  if (typeof element === 'string') return;
  const {tag, attributes, children} = element;
  const n = (name: string): number => Number(attributes[name] ?? 0);
  switch (tag) {
    case 'title': case 'desc': case 'defs': case 'style': return;
    case 'g': return children.forEach((child) => drawElement(document, child));
    case 'rect': return paint(document, attributes, () => document.rect(n('x'), n('y'), n('width'), n('height')), [n('x'), n('y'), n('width'), n('height')]);
    case 'line': return paint(document, {...attributes, fill: 'none'}, () => document.moveTo(n('x1'), n('y1')).lineTo(n('x2'), n('y2')));
    case 'circle': return paint(document, attributes, () => document.circle(n('cx'), n('cy'), n('r')));
    case 'path': return paint(document, attributes, () => document.path(attributes['d']));
    case 'polyline': case 'polygon': {
      const points = attributes['points'].split(' ').filter((point) => point !== '').map((point) => point.split(',').map(Number) as [number, number]);
      // A line of one point is nothing to see.
      if (points.length < 2) return;
      return paint(document, attributes, () => {
        points.forEach(([x, y], i) => (i === 0 ? document.moveTo(x, y) : document.lineTo(x, y)));
        if (tag === 'polygon') document.closePath();
      });
    }
    case 'text': return write(document, attributes, children.join(''));
    default: throw new Error(`a figure has the element ${tag}, which the PDF writer does not know`);
  }
}

/** `box`: of a rectangle, which alone is hatched. */
function paint(document: Document, attributes: Readonly<Record<string, string>>, shape: () => void, box?: readonly [number, number, number, number]): void {
  const {fill = '#000000', stroke = 'none'} = attributes;
  document.save();
  if (box !== undefined && fill.startsWith('url(')) hatch(document, box);
  else if (fill !== 'none') {
    shape();
    document.fillOpacity(Number(attributes['fill-opacity'] ?? 1)).fill(fill);
  }
  if (stroke !== 'none') {
    shape();
    document.lineWidth(Number(attributes['stroke-width'] ?? 1)).strokeOpacity(Number(attributes['stroke-opacity'] ?? 1)).lineCap((attributes['stroke-linecap'] ?? 'butt') as 'butt' | 'round').lineJoin((attributes['stroke-linejoin'] ?? 'miter') as 'miter' | 'round');
    const dashes = (attributes['stroke-dasharray'] ?? '').split(' ').filter((part) => part !== '').map(Number);
    if (dashes.length > 0) document.dash(dashes[0], {space: dashes[1] ?? dashes[0]});
    if (dashes.length > 2) document.addContent(`[${dashes.join(' ')}] 0 d`);
    document.stroke(stroke);
  }
  document.restore();
}

/** Grey stripes at 45 degrees within the box: what is missing. */
function hatch(document: Document, [x, y, width, height]: readonly [number, number, number, number]): void {
  document.rect(x, y, width, height).clip();
  document.rect(x, y, width, height).fill('#f4f4f4');
  document.lineWidth(1.2);
  const step = 4 * Math.SQRT2;
  for (let at = x - height; at < x + width; at += step) document.moveTo(at, y + height).lineTo(at + height, y);
  document.stroke('#d5d5d5');
}

function write(document: Document, attributes: Readonly<Record<string, string>>, text: string): void {
  const [x, y, size] = [Number(attributes['x']), Number(attributes['y']), Number(attributes['font-size'] ?? 8)];
  document.save().font(attributes['font-weight'] === 'bold' ? 'bold' : 'regular').fontSize(size).fillOpacity(1).fillColor(attributes['fill'] ?? '#000000');
  const turned = /^rotate\((-?[\d.]+) (-?[\d.]+) (-?[\d.]+)\)$/.exec(attributes['transform'] ?? '');
  if (turned !== null) document.rotate(Number(turned[1]), {origin: [Number(turned[2]), Number(turned[3])]});
  const width = document.widthOfString(text);
  const shift = {start: 0, middle: width / 2, end: width}[attributes['text-anchor'] ?? 'start'] ?? 0;
  document.text(text, x - shift, y, {lineBreak: false, baseline: 'alphabetic'}).restore();
}
