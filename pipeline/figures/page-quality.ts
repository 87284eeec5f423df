// The section of the report page on the samples' quality: what to look at first, where the counts came from, and the tables behind it.
import type {Row} from '../data/table.ts';
import {numberOf, type FigureData} from './figure.ts';
import type {PageContent} from './page-content.ts';
import {how, numbers} from './page-parts.ts';
import {escapeXml} from './svg.ts';

export function qualitySection({data}: PageContent): string {
  const quality = data.tables['sample_quality'] ?? [];
  if (quality.length === 0) return '<p>Not in this run: no gene expression was read.</p>';
  const flags = [...flagsOf(data, 'sample_quality'), ...flagsOf(data, 'sex_check')];
  return `<p>${escapeXml(`${sourceSentence(quality)} ${ambientSentence(quality)} ${sexSentence(data.tables['sex_check'] ?? [])}`)}</p>`
    + `<h3>Samples to look at</h3>${flags.length === 0 ? '<p class="soft">None is flagged.</p>' : `<ul>${flags.map((one) => `<li>${escapeXml(one)}</li>`).join('')}</ul>`}`
    + numbers(data, 'sample_quality', () => true, 'Quality of each sample', ['sample_id', 'n_barcodes', 'n_kept', 'fraction_kept', 'flag', 'median_counts', 'median_genes', 'median_percent_mito', 'n_dead', 'ambient_fraction', 'ambient_genes', 'ambient_profile', 'missing'])
    + numbers(data, 'sample_quality', (row) => row['n_barcodes'] !== null, 'Bounds and outliers of each sample', ['sample_id', 'min_genes', 'max_genes', 'min_counts', 'max_percent_mito', 'n_outside_bounds', 'mad', 'counts_lower', 'counts_upper', 'genes_lower', 'genes_upper', 'percent_mito_upper', 'n_outliers'])
    + numbers(data, 'sex_check', () => true, 'Sex of the cells of each sample', ['sample_id', 'n_cells', 'xist_umis', 'y_umis', 'n_y_genes', 'y_share', 'sex', 'sex_stated', 'flag', 'missing'])
    + how(qualityHow);
}

const flagsOf = (data: FigureData, table: string): string[] => (data.tables[table] ?? []).filter((row) => row['flag']).map((row) => `${String(row['sample_id'])}: ${String(row['flag'])}`);

function sourceSentence(quality: readonly Row[]): string {
  const places = [...Map.groupBy(quality.filter((row) => row['counts_from']), (row) => String(row['counts_from']))].map(([place, own]) => `${place} (${own.length} ${own.length === 1 ? 'sample' : 'samples'})`);
  const hasCounts = !places.some((place) => place.includes('without counts'));
  return hasCounts ? `Raw counts were read from ${places.join(', ') || 'nowhere'}.` : `There are no raw counts: scores are ranks of the values in ${places.join(', ')}, and whether one side was sequenced deeper cannot be seen.`;
}

function ambientSentence(quality: readonly Row[]): string {
  const shares = quality.flatMap((row) => numberOf(row, 'ambient_fraction') ?? []);
  if (shares.length === 0) return 'Ambient RNA could not be estimated in any sample.';
  const percent = (share: number): string => `${Number((100 * share).toPrecision(2))} %`;
  return `Ambient RNA is estimated in ${shares.length} of ${quality.length} samples: ${percent(Math.min(...shares))} to ${percent(Math.max(...shares))} of the counts.`;
}

function sexSentence(rows: readonly Row[]): string {
  const told = rows.filter((row) => row['sex'] !== null);
  if (told.length === 0) return `The sex of the cells could not be told (${String(rows.find((row) => row['missing'])?.['missing'] ?? 'no sample').split(';')[0].replace('sex: ', '')}).`;
  const count = (sex: string): number => told.filter((row) => row['sex'] === sex).length;
  const both = count('both');
  return `By XIST and the Y chromosome ${count('female')} of ${rows.length} samples are female and ${count('male')} male${both === 0 ? '' : `, ${both} of both`}.`;
}

const qualityHow = 'Fixed bounds come first; outliers are judged among the barcodes within them, beyond the median by that many scaled median absolute deviations of log counts, log genes (both sides) and mitochondrial share (above). n_dead counts the barcodes above the mitochondrial limits, whatever rule removed them. Ambient RNA: UMIs of genes that one kind of cell makes in plenty (haemoglobin, immunoglobulin, S100A8, S100A9 and LYZ), counted in the cells that do not make them, over the UMIs that droplets of nothing but soup would have had (after SoupX, Young and Behjati 2020); the soup is that of the empty droplets where the raw matrix is at hand, else all cells together. It is an indicator: no count is changed. Sex: the share of Y-chromosome UMIs among those and XIST; 0.2 or less is female, 0.8 or more male, between them both; fewer than 10 UMIs are too few.';
