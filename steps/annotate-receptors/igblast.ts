// One run of IgBLAST: germlines of one receptor and contigs in, rows of its AIRR table out. All names are relative to one folder, since its
// programs take a space in a name for the start of the next.
import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Row} from '../../pipeline/data/table.ts';
import {readTable, readText} from '../../pipeline/formats/delimited-text.ts';
import {runTool} from '../../pipeline/step-runtime/run-tool.ts';
import type {Contig} from './contigs.ts';
import {segments, type Receptor, type SegmentTexts} from './germlines.ts';

export interface IgblastCall {
  readonly receptor: Receptor;
  readonly germlines: SegmentTexts;
  readonly contigs: readonly Contig[];
  readonly auxiliary: string;
  readonly organism: string;
  readonly cpus: number;
  /** IgBLAST's own data. */
  readonly data: string;
  /** Made and written. */
  readonly folder: string;
}

const seqtypes: Readonly<Record<Receptor, string>> = {IG: 'Ig', TR: 'TCR'};

/** By sequence_id. */
export async function runIgblast(call: IgblastCall): Promise<ReadonlyMap<string, Row>> {
  const {receptor, germlines, contigs, auxiliary, organism, cpus, data, folder} = call;
  mkdirSync(folder, {recursive: true});
  for (const segment of segments) {
    writeFileSync(join(folder, `${segment}.fa`), germlines[segment]);
    await runTool({argv: ['makeblastdb', '-parse_seqids', '-dbtype', 'nucl', '-in', `${segment}.fa`, '-out', segment], folder});
  }
  writeFileSync(join(folder, 'contigs.fa'), contigs.map(({sequence_id, sequence}) => `>${sequence_id}\n${sequence}\n`).join(''));
  writeFileSync(join(folder, 'auxiliary.txt'), readText(auxiliary));
  await runTool({
    argv: [
      'igblastn', ...segments.flatMap((segment) => [`-germline_db_${segment}`, segment]), '-organism', organism, '-ig_seqtype', seqtypes[receptor],
      '-domain_system', 'imgt', '-auxiliary_data', 'auxiliary.txt', '-query', 'contigs.fa', '-num_threads', String(cpus), '-outfmt', '19', '-out', 'airr.tsv',
    ],
    folder, environment: {IGDATA: data},
  });
  return new Map(readTable(join(folder, 'airr.tsv')).rows.map((row) => [String(row['sequence_id']), row]));
}
