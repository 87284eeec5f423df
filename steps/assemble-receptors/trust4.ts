// One run of TRUST4. It starts its parts through a shell and expands patterns in names: everything it is told lies in one folder under plain names.
import {existsSync, mkdirSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {endOf, type Chemistry, type Span} from '../../pipeline/data/chemistry.ts';
import {barcodeLines} from '../../pipeline/formats/barcode-list.ts';
import {refuse} from '../../pipeline/step-runtime/run-step.ts';
import {runTool, ToolFailed} from '../../pipeline/step-runtime/run-tool.ts';

export interface Trust4Call {
  /** Barcode and UMI; lane by lane with `fastq_2`. */
  readonly fastq_1: readonly string[];
  readonly fastq_2: readonly string[];
  readonly chemistry: Chemistry;
  readonly chemistryPath: string;
  readonly whitelist?: string;
  readonly receptor_genes: string;
  readonly receptor_alleles?: string;
  readonly cpus: number;
  /** Made and written. */
  readonly folder: string;
}

export interface Trust4Files {
  readonly report: string;
  readonly airr: string;
}

export async function runTrust4(call: Trust4Call): Promise<Trust4Files> {
  const {folder, cpus, chemistry} = call;
  checkChemistry(call);
  mkdirSync(folder, {recursive: true});
  const link = (path: string, name: string): string => {
    symlinkSync(path, join(folder, name));
    return name;
  };
  const lanes = (paths: readonly string[], read: number): string[] => paths.map((path, at) => link(path, `lane${at + 1}_R${read}.fastq${/\.gz$/.test(path) ? '.gz' : ''}`));
  const [forward, reverse] = [lanes(call.fastq_1, 1), lanes(call.fastq_2, 2)];
  const whitelist = call.whitelist === undefined ? [] : ['--barcodeWhitelist', await plainWhitelist(call.whitelist, call)];
  const alleles = call.receptor_alleles === undefined ? [] : ['--ref', link(call.receptor_alleles, 'receptor_alleles.fa')];
  await runTool({
    argv: [
      'run-trust4', '-u', ...reverse, '--barcode', ...forward, '--UMI', ...forward, '--readFormat', readFormat(chemistry), ...whitelist,
      '-f', link(call.receptor_genes, 'receptor_genes.fa'), ...alleles, '-o', 'library', '--od', 'assembled', '-t', String(cpus),
    ],
    folder,
  });
  const files = {report: join(folder, 'assembled/library_barcode_report.tsv'), airr: join(folder, 'assembled/library_barcode_airr.tsv')};
  for (const path of Object.values(files)) if (!existsSync(path)) throw new ToolFailed(`run-trust4 ended without writing ${path}; its own words are above`);
  return files;
}

function checkChemistry({chemistry, chemistryPath}: Trust4Call): void {
  const {barcode, anchor} = chemistry;
  if (barcode.length === 1 && anchor === undefined) return;
  refuse({
    input: chemistryPath, found: anchor === undefined ? `a barcode in ${barcode.length} parts` : 'a barcode whose place shifts from read to read',
    expected: 'one barcode at a fixed place of read 1', advice: 'Assemble this library with the software of its maker, and name the contig table in path.',
  });
}

/** Positions from 0, the last one included. */
export function readFormat({barcode, umi}: Pick<Chemistry, 'barcode' | 'umi'>): string {
  const part = (word: string, span: Span): string => `${word}:${span.start - 1}:${endOf(span) - 1}`;
  return [...barcode.map((span) => part('bc', span)), part('um', umi)].join(',');
}

/** TRUST4 reads the list as it lies there: a gzip file would leave it without any barcode. */
async function plainWhitelist(path: string, {folder}: Trust4Call): Promise<string> {
  const barcodes: string[] = [];
  for await (const line of barcodeLines(path)) barcodes.push(line);
  writeFileSync(join(folder, 'whitelist.txt'), `${barcodes.join('\n')}\n`);
  return 'whitelist.txt';
}
