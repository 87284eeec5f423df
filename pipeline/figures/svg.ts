// SVG as text: elements, escaping, fixed decimals. 1 unit is 1 pt; a figure of two columns is 180 mm = 510 pt wide.
export type Attributes = Readonly<Record<string, string | number | undefined>>;

export const fullWidth = 510;

export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** Two decimals are a 35th of a millimetre; fixed, so that equal figures have equal bytes. */
export const fixed = (value: number): string => String(Math.round(value * 100) / 100);

export function element(tag: string, attributes: Attributes, ...children: readonly string[]): string {
  const written = Object.entries(attributes).filter(([, value]) => value !== undefined).map(([name, value]) => ` ${name}="${typeof value === 'number' ? fixed(value) : escapeXml(String(value))}"`).join('');
  return children.length === 0 ? `<${tag}${written}/>` : `<${tag}${written}>${children.join('')}</${tag}>`;
}

export interface TextStyle {
  readonly size?: number;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly colour?: string;
  readonly weight?: 'bold';
  readonly rotate?: number;
}

export function text(x: number, y: number, content: string, {size = 8, anchor = 'start', colour = '#222222', weight, rotate}: TextStyle = {}): string {
  return element('text', {x, y, 'font-size': size, 'text-anchor': anchor === 'start' ? undefined : anchor, fill: colour, 'font-weight': weight, transform: rotate === undefined ? undefined : `rotate(${rotate} ${fixed(x)} ${fixed(y)})`}, escapeXml(content));
}

export function line(x1: number, y1: number, x2: number, y2: number, attributes: Attributes = {}): string {
  return element('line', {x1, y1, x2, y2, stroke: '#222222', 'stroke-width': 0.75, ...attributes});
}

export function polyline(points: readonly (readonly [number, number])[], attributes: Attributes): string {
  return element('polyline', {points: points.map(([x, y]) => `${fixed(x)},${fixed(y)}`).join(' '), fill: 'none', 'stroke-width': 1, 'stroke-linejoin': 'round', ...attributes});
}

/** A missing value: hatched, with its reason in words, wrapped to the box. */
export function missingBox({x, y, width, height, reason}: {x: number; y: number; width: number; height: number; reason: string}): string {
  const [columns, most] = [Math.max(6, Math.floor(width / 4.1)), Math.max(1, Math.floor((height - 1) / 8))];
  const whole = wrap(reason, columns);
  // What is cut says so; the values have it whole.
  const lines = whole.length <= most ? whole : [...whole.slice(0, most - 1), `${whole[most - 1].slice(0, columns - 1)}…`];
  return element('g', {}, element('rect', {x, y, width, height, fill: 'url(#hatch)', stroke: '#bbbbbb', 'stroke-width': 0.5}),
    ...lines.map((one, i) => text(x + width / 2, y + height / 2 + 3 + (i - (lines.length - 1) / 2) * 7.5, one, {size: 6.5, anchor: 'middle', colour: '#444444'})));
}

export function wrap(content: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of content.split(' ')) {
    const last = lines[lines.length - 1];
    if (last !== undefined && last.length + word.length + 1 <= columns) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** The fonts within the file, so that it looks the same wherever it is opened; `css`: font faces with the data in them. */
export function withFonts(svg: string, css: string): string {
  return svg.replace('</desc>\n', `</desc>\n<style>${css}</style>\n`);
}

/** Ids are the drawing's own: a page holds many. */
export function drawing({id, title, description, width, height, body}: {id: string; title: string; description: string; width: number; height: number; body: readonly string[]}): string {
  const mm = (points: number): string => `${fixed((points * 180) / fullWidth)}mm`;
  return `<svg xmlns="http://www.w3.org/2000/svg" id="${id}" role="img" width="${mm(width)}" height="${mm(height)}" viewBox="0 0 ${fixed(width)} ${fixed(height)}" font-family="'Figure Sans', Arial, Helvetica, sans-serif">
<title>${escapeXml(title)}</title>
<desc>${escapeXml(description)}</desc>
<defs><pattern id="${id}-hatch" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="4" height="4" fill="#f4f4f4"/><line x1="0" y1="0" x2="0" y2="4" stroke="#d5d5d5" stroke-width="1.2"/></pattern></defs>
<rect width="${fixed(width)}" height="${fixed(height)}" fill="#ffffff"/>
${body.join('\n').replaceAll('url(#hatch)', `url(#${id}-hatch)`)}
</svg>
`;
}
