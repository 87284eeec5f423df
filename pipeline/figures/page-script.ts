// What the report page does beyond standing there: filters of tables, copying, and the map of cells. With script off nothing but these is gone.

/** Filters the rows of a table by the words typed above it; with script off every row is there. */
export const tableFilter = `
for (const input of document.querySelectorAll('input[data-table]')) {
  input.hidden = false;
  const rows = [...document.getElementById(input.dataset.table).tBodies[0].rows];
  input.addEventListener('input', () => {
    const words = input.value.toLowerCase().split(/\\s+/).filter(Boolean);
    for (const row of rows) row.hidden = !words.every((word) => row.textContent.toLowerCase().includes(word));
  });
}
`;

/** Filters tables, and copies the methods text. */
const pageControls = `${tableFilter}for (const button of document.querySelectorAll('button[data-copy]')) {
  button.hidden = false;
  button.addEventListener('click', () => {
    const range = document.createRange();
    range.selectNodeContents(document.getElementById(button.dataset.copy));
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    button.textContent = document.execCommand('copy') ? 'copied' : 'selected';
  });
}
`;

/** Draws cells on a canvas, colours them by a field or a score, says what the cell under the pointer is, walks from cell to cell by arrow keys. */
const cellMapScript = `
const held = document.getElementById('cell-map-data');
if (held) {
  const map = JSON.parse(held.textContent);
  const bytes = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  const words = (text) => new Uint16Array(bytes(text).buffer);
  const [x, y] = [words(map.x), words(map.y)];
  const fields = [...map.fields.filter((one) => one.name !== 'sample'), ...map.scores.map((one) => ({...one, isScore: true}))].map((one) => ({...one, codes: bytes(one.codes)}));
  const all = Object.fromEntries(map.fields.map((one) => [one.name, {levels: one.levels, codes: bytes(one.codes)}]));
  const clones = map.clones.codes.map(words);
  const [box, canvas, choice, legend, says] = ['', '-canvas', '-by', '-legend', '-says'].map((part) => document.getElementById('cell-map' + part));
  box.hidden = false;
  const pen = canvas.getContext('2d');
  const order = Array.from({length: map.n}, (_, i) => i).sort((a, b) => x[a] - x[b] || y[a] - y[b]);
  let [only, current, shades] = [-1, -1, []];
  const ramp = Array.from({length: 255}, (_, i) => { const t = Math.sqrt(i / 254); return 'rgb(' + [222 - 214 * t, 235 - 187 * t, 247 - 140 * t].map(Math.round).join(',') + ')'; });
  const placeX = (i) => 8 + x[i] / 65535 * (canvas.clientWidth - 16);
  const placeY = (i) => canvas.clientHeight - 8 - y[i] / 65535 * (canvas.clientHeight - 16);
  const draw = () => {
    const field = fields[choice.value];
    const density = window.devicePixelRatio || 1;
    canvas.width = canvas.clientWidth * density;
    canvas.height = canvas.clientHeight * density;
    pen.setTransform(density, 0, 0, density, 0, 0);
    const size = Math.max(1.6, Math.min(3.4, 320 / Math.sqrt(map.n)));
    const groups = new Map();
    for (let i = 0; i < map.n; i++) {
      const code = field.codes[i];
      const isOut = only >= 0 && code !== only;
      const colour = isOut ? '#ececec' : code === 255 ? '#c8c8c8' : field.isScore ? ramp[code] : field.colours[code];
      const key = (isOut ? '0' : field.isScore && code < 255 ? '1' + String(code).padStart(3, '0') : '1') + colour;
      if (!groups.has(key)) groups.set(key, {colour, cells: []});
      groups.get(key).cells.push(i);
    }
    pen.globalAlpha = 0.85;
    for (const key of [...groups.keys()].sort()) {
      const {colour, cells} = groups.get(key);
      pen.fillStyle = colour;
      for (const i of cells) pen.fillRect(placeX(i) - size / 2, placeY(i) - size / 2, size, size);
    }
    pen.globalAlpha = 1;
    if (current >= 0) {
      pen.lineWidth = 1.5;
      pen.strokeStyle = '#000000';
      pen.beginPath();
      pen.arc(placeX(current), placeY(current), 6, 0, 7);
      pen.stroke();
    }
  };
  const write = () => {
    const field = fields[choice.value];
    legend.replaceChildren();
    if (field.isScore) {
      const item = document.createElement('li');
      item.textContent = 'light ' + field.low.toPrecision(2) + ', dark ' + field.high.toPrecision(2) + '; grey: no score';
      legend.append(item);
      return;
    }
    field.levels.forEach((level, code) => {
      const item = document.createElement('li');
      const button = document.createElement('button');
      const swatch = document.createElement('span');
      swatch.style.background = field.colours[code];
      button.type = 'button';
      button.setAttribute('aria-pressed', String(only === code));
      button.append(swatch, level);
      button.addEventListener('click', () => { only = only === code ? -1 : code; [...legend.querySelectorAll('button')].forEach((one, i) => one.setAttribute('aria-pressed', String(only === i))); draw(); });
      item.append(button);
      legend.append(item);
    });
  };
  const levelOf = (name, i) => all[name] ? all[name].levels[all[name].codes[i]] : undefined;
  const tell = (i) => {
    current = i;
    const history = clones.flatMap((codes, k) => {
      const row = map.clones.rows[codes[i]];
      if (!row) return [];
      const counts = map.timepoints.map((timepoint, t) => timepoint + ' ' + (row[2][t] === null ? 'no repertoire' : row[2][t] + (row[2][t] === 1 ? ' cell' : ' cells'))).join(', ');
      return [row[0] + ': ' + counts + (row[1] ? '; ' + row[1] : '')];
    });
    says.textContent = [levelOf('patient', i) + ', ' + levelOf('timepoint', i), levelOf('cell type', i) || levelOf('lineage', i), ...map.scores.map((one, k) => { const code = fields[fields.length - map.scores.length + k].codes[i]; return one.name + ' ' + (code === 255 ? 'none' : (one.low + code / 254 * (one.high - one.low)).toPrecision(2)); }), ...(history.length || map.clones.rows.length === 0 ? history : ['no clone of two cells or more'])].join(' \\u00b7 ');
    draw();
  };
  canvas.addEventListener('mousemove', (event) => {
    const [px, py] = [event.offsetX, event.offsetY];
    let [best, distance] = [-1, 100];
    for (let i = 0; i < map.n; i++) {
      const d = (placeX(i) - px) ** 2 + (placeY(i) - py) ** 2;
      if (d < distance && (only < 0 || fields[choice.value].codes[i] === only)) [best, distance] = [i, d];
    }
    if (best >= 0 && best !== current) tell(best);
  });
  canvas.addEventListener('keydown', (event) => {
    const step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key];
    if (!step) return;
    event.preventDefault();
    let at = current < 0 ? (step > 0 ? -1 : 0) : order.indexOf(current);
    for (let tries = 0; tries < map.n; tries++) {
      at = (at + step + map.n) % map.n;
      if (only < 0 || fields[choice.value].codes[order[at]] === only) break;
    }
    tell(order[at]);
  });
  choice.addEventListener('change', () => { only = -1; write(); draw(); });
  document.getElementById('cell-map-all').addEventListener('click', () => { only = -1; current = -1; write(); draw(); });
  addEventListener('resize', draw);
  write();
  draw();
  document.documentElement.dataset.mapDrawn = String(Math.round(performance.now()));
}
`;

export const pageScript = `${pageControls}{${cellMapScript}}
`;
