// The report: one HTML file that opens from disk and asks for nothing. What was found, can I believe it, where is the number.
import {mainContrast} from './figure.ts';
import {designSection, leftOutSection, methodsSection} from './page-account.ts';
import type {PageContent} from './page-content.ts';
import {findingsSection} from './page-findings.ts';
import {qualitySection} from './page-quality.ts';
import {cellsSection, clinicalSection, clonesSection, genesSection, inflammationSection} from './page-sections.ts';
import {pageShell, type PageSection} from './page-shell.ts';
import {escapeXml} from './svg.ts';
import {countCells} from './verdicts.ts';

export interface PagePart {
  readonly text: string;
  /** sha256 in base64, for the content security policy; computed by the caller, who knows it. */
  readonly hash: string;
}

export function reportPage(content: PageContent, {style, script}: {readonly style: PagePart; readonly script: PagePart}): string {
  const {name, data} = content;
  const contrast = mainContrast(data);
  const cells = countCells(data);
  const days = [...new Set(content.sheet.map((row) => row['day']).filter((day) => day !== '' && day !== undefined))].map(Number).sort((a, b) => a - b);
  const sections: readonly PageSection[] = [
    ['findings', 'Findings', findingsSection(content)],
    ['design', 'Design', designSection(content)],
    ['clones', 'Clones', clonesSection(content)],
    ['inflammation', 'Inflammation', inflammationSection(content)],
    ['genes', 'Genes', genesSection(content)],
    ['cells', 'Cells', cellsSection(content)],
    ['quality', 'Quality', qualitySection(content)],
    ['clinical', 'Clinical', clinicalSection(content)],
    ['left-out', 'What was left out', leftOutSection(content)],
    ['methods', 'Methods and provenance', methodsSection(content)],
  ];
  return pageShell({
    policy: `default-src 'none'; img-src data:; font-src data:; style-src 'sha256-${style.hash}'; script-src 'sha256-${script.hash}'; base-uri 'none'; form-action 'none'`,
    title: `${escapeXml(name)}: report`, style: style.text, script: script.text, heading: escapeXml(name),
    lead: `${data.patients.length} patients · ${data.timepoints.map(escapeXml).join(', ')} · ${cells.analysed} cells analysed of ${cells.read}${days.length === 0 ? '' : ` · day ${days[0]} to ${days[days.length - 1]}`}${contrast === undefined ? '' : ` · contrast ${escapeXml(contrast.name)}`} · Lymphline ${escapeXml(content.version)} · <a href="#methods">how to check this page</a>`,
    sections,
  });
}
