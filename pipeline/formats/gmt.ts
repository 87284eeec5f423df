// Gene sets, one a line: name, source, genes. Split on the tab only: names and sources contain spaces.
import type {GeneSet} from '../data/gene-set.ts';
import {readText} from './delimited-text.ts';
import {FormatProblem} from '../base/format-problem.ts';

export function readGmt(path: string): GeneSet[] {
  return readText(path).split(/\r?\n/).flatMap((text, i) => {
    if (text.trim() === '') return [];
    const [name, source, ...members] = text.split('\t');
    const signed = members.map((gene) => gene.trim()).filter((gene) => gene !== '');
    if (signed.length === 0) throw new FormatProblem(path, {found: 'a line without genes', expected: 'name, source and genes, separated by tabs', advice: 'Put tabs between them.', line: i + 1});
    const negative = signed.filter((gene) => gene.endsWith('-')).map((gene) => gene.slice(0, -1));
    const positive = signed.filter((gene) => !gene.endsWith('-')).map((gene) => gene.replace(/\+$/, ''));
    return [{name, source, genes: [...new Set(positive)], negativeGenes: [...new Set(negative)]}];
  });
}
