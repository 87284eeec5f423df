// The first screen of the report page: the claims in short, then a card a question.
import {claims} from './claims.ts';
import {downColour, patientDash, quietColour, upColour, type FigureData} from './figure.ts';
import type {PageContent} from './page-content.ts';
import {linearScale} from './scale.ts';
import {element, escapeXml, line, text} from './svg.ts';
import {transgeneNotes} from './transgene.ts';
import type {Finding} from './verdicts.ts';

export function findingsSection({data, findings}: PageContent): string {
  return `${inShort(data)}<ul class="cards">${findings.map((finding) => card(finding, data)).join('')}</ul>${transgeneNotes(data).map((note) => `<p><strong>${note.heading}</strong>: ${escapeXml(note.sentence)}</p>`).join('')}`;
}

function inShort(data: FigureData): string {
  const lines = claims(data);
  return lines.length === 0 ? '' : `<dl class="claims">${lines.map(({heading, words, target}) => `<dt><a href="#${target}">${heading}</a></dt><dd>${escapeXml(words)}</dd>`).join('')}</dl>`;
}

function card(finding: Finding, data: FigureData): string {
  return `<li class="card" id="finding-${finding.id}"><h3>${escapeXml(finding.heading)}</h3><p>${escapeXml(finding.sentence)}</p>${spark(finding, data)}<p class="soft">${escapeXml(finding.estimate)} <a href="#${finding.figure}">figure</a></p>${finding.verdict === '' ? '' : `<details><summary>What it rests on</summary><p>${escapeXml(finding.verdict)}</p></details>`}</li>`;
}

/** A line a patient, before to after; a patient without a pair is a hollow mark with the reason as its title. */
function spark({id, pairs, isTested}: Finding, data: FigureData): string {
  // What could not be tested must not look like a result.
  if (!isTested) return '';
  const seen = pairs.flatMap(({before, after}) => [before, after].filter((value) => value !== null));
  if (seen.length === 0) return '';
  const y = linearScale([Math.min(...seen), Math.max(...seen)], [34, 6]);
  const lines = pairs.map(({patient_id, before, after, reason}, i) => {
    if (before === null || after === null) return element('g', {}, `<title>${escapeXml(`${patient_id}: ${reason || 'no pair'}`)}</title>`, element('circle', {cx: 130 + (i % 12) * 9, cy: 37, r: 2.5, fill: 'none', stroke: quietColour}));
    return element('g', {}, `<title>${escapeXml(`${patient_id}: ${before} to ${after}`)}</title>`, line(8, y.at(before), 110, y.at(after), {stroke: after < before ? downColour : after > before ? upColour : quietColour, 'stroke-width': 1.25, 'stroke-dasharray': patientDash(data, patient_id) || undefined}));
  });
  const missing = pairs.filter(({before, after}) => before === null || after === null).length;
  return `<svg role="img" aria-label="${escapeXml(`${pairs.length - missing} patients before and after, ${missing} without a pair`)}" id="spark-${id}" width="260" height="44" viewBox="0 0 260 44">${lines.join('')}${missing > 0 ? text(130, 26, `${missing} without a pair`, {size: 10, colour: quietColour}) : ''}</svg>`;
}
