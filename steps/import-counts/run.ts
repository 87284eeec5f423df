// Raw counts of one library -> h5ad, keyed by sample and barcode.
import {isMitochondrial, makeUnique} from '../../pipeline/analysis/cell-quality-input.ts';
import {selectColumns} from '../../pipeline/analysis/cell-quality-cohort.ts';
import type {AnnotatedMatrix, Column} from '../../pipeline/data/annotated-matrix.ts';
import type {DenseMatrix, SparseMatrix} from '../../pipeline/data/matrix.ts';
import {writeTable} from '../../pipeline/formats/delimited-text.ts';
import {writeH5ad} from '../../pipeline/formats/h5ad.ts';
import {refuse, runStep, type StepJob} from '../../pipeline/step-runtime/run-step.ts';
import {isGene, readCounts, type FoundMatrix} from './read-counts.ts';

type SheetRow = StepJob['design']['rows'][number];

await runStep(async (job) => {
  const path = job.input('counts');
  const row = job.design.rows.find((one) => (one.library_id || `${one.sample_id}-${one.library}`) === job.unit.id) ?? job.design.rows[0];
  if (row === undefined) throw new Error(`${job.job} has no row of the samples sheet`);
  if (row.demux_label) {
    refuse({input: path, found: `demux_label ${row.demux_label}`, expected: 'a library of one sample', advice: 'Split the pooled well first and name the matrix of each sample.'});
  }
  const found = await readCounts(path);
  const data = toAnnData(found, row);
  await writeH5ad(job.output('counts'), data);
  writeTable(job.output('summary'), {
    columns: ['sample_id', 'source_format', 'n_barcodes', 'n_genes', 'n_antibodies', 'n_duplicate_symbols', 'missing'],
    rows: [{
      sample_id: row.sample_id,
      source_format: found.sourceFormat,
      n_barcodes: found.barcodes.length,
      n_genes: data.var.index.length,
      n_antibodies: data.obsm?.get('adt')?.nColumns ?? 0,
      n_duplicate_symbols: (data.uns as {import: {n_duplicate_symbols: number}}).import.n_duplicate_symbols,
    }],
  });
});

function toAnnData(found: FoundMatrix, row: SheetRow): AnnotatedMatrix {
  const {counts, barcodes, features, sourceFormat} = found;
  const columnsOf = (wanted: (type: string) => boolean): number[] => features.types.flatMap((type, k) => (wanted(type) ? [k] : []));
  const genes = columnsOf(isGene);
  const antibodies = columnsOf((type) => type === 'Antibody Capture');
  const pick = (values: readonly string[]): string[] => genes.map((k) => values[k]);
  const named = genes.map((k) => features.symbols[k] || features.ids[k]);
  const {unique, duplicates} = makeUnique(named);
  const others = Map.groupBy(features.types.filter((type) => !isGene(type) && type !== 'Antibody Capture'), (type) => type);
  const text = (values: readonly string[]): Column => ({kind: 'string', values});
  return {
    obs: {
      index: barcodes.map((barcode) => `${row.sample_id}_${barcode}`),
      columns: new Map([
        ['sample_id', text(barcodes.map(() => row.sample_id))],
        ['barcode', text(barcodes)],
        ['gem_well', text(barcodes.map(() => row.gem_well || row.sample_id))],
      ]),
    },
    var: {
      index: unique,
      columns: new Map<string, Column>([
        ['gene_id', text(genes.map((k) => features.ids[k] || features.symbols[k]))],
        ['gene_symbol', text(named)],
        ['feature_type', text(pick(features.types.map((type) => type || 'Gene Expression')))],
        ['is_mitochondrial', {kind: 'boolean', values: named.map(isMitochondrial)}],
      ]),
    },
    X: genes.length === counts.nColumns ? counts : selectColumns(counts, genes),
    ...(antibodies.length > 0 ? {obsm: new Map([['adt', toDense(selectColumns(counts, antibodies))]])} : {}),
    uns: {
      import: {
        source_format: sourceFormat,
        n_barcodes: barcodes.length,
        n_duplicate_symbols: duplicates.length,
        duplicate_symbols: duplicates.slice(0, 20),
        // Several only in a matrix of a mixed reference: genes of all of them are kept.
        genomes: Object.fromEntries([...Map.groupBy(genes.map((k) => features.genomes[k]).filter((genome) => genome !== ''), (genome) => genome)].map(([genome, list]) => [genome, list.length])),
        left_out_features: Object.fromEntries([...others].map(([type, list]) => [type, list.length])),
      },
      ...(antibodies.length > 0 ? {adt_features: antibodies.map((k) => features.symbols[k] || features.ids[k])} : {}),
    },
  };
}

function toDense({nRows, nColumns, indptr, indices, values}: SparseMatrix): DenseMatrix {
  const dense = new Float32Array(nRows * nColumns);
  for (let row = 0; row < nRows; row++) {
    for (let k = indptr[row]; k < indptr[row + 1]; k++) dense[row * nColumns + indices[k]] = values[k];
  }
  return {kind: 'dense', nRows, nColumns, values: dense};
}
