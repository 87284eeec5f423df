// Raw counts of one library -> h5ad, keyed by sample and barcode.
import {takeLabel, type PooledWell} from '../../pipeline/analysis/pooled-well.ts';
import {isMitochondrial, makeUnique} from '../../pipeline/analysis/cell-quality-input.ts';
import {selectColumns} from '../../pipeline/analysis/cell-quality-cohort.ts';
import type {AnnotatedMatrix, Column} from '../../pipeline/data/annotated-matrix.ts';
import {selectRows, type DenseMatrix, type SparseMatrix} from '../../pipeline/data/matrix.ts';
import {readDemuxTable} from '../../pipeline/formats/demux-table.ts';
import {writeTable} from '../../pipeline/formats/delimited-text.ts';
import {writeH5ad} from '../../pipeline/formats/h5ad.ts';
import {refuse, runStep, type StepJob} from '../../pipeline/step-runtime/run-step.ts';
import {findEmptyDroplets, type EmptyDroplets} from './empty-droplets.ts';
import {isGene, readCounts, type FoundMatrix} from './read-counts.ts';

type SheetRow = StepJob['design']['rows'][number];

await runStep(async (job) => {
  const path = job.input('counts');
  const row = job.design.rows.find((one) => (one.library_id || `${one.sample_id}-${one.library}`) === job.unit.id) ?? job.design.rows[0];
  if (row === undefined) throw new Error(`${job.job} has no row of the samples sheet`);
  const demux = job.optionalInput('demux');
  if (row.demux_label && demux === undefined) {
    refuse({input: path, found: `demux_label ${row.demux_label} without a table in demux`, expected: 'a table of barcodes and labels', advice: 'Name it in the column demux of the samples sheet.'});
  }
  const all = await readCounts(path);
  const table = demux === undefined ? null : readDemuxTable(demux);
  const pool = demux === undefined || table === null ? null : {tool: table.tool, ...takeLabel(demux, table, row.demux_label, all.barcodes)};
  const found = pool === null ? all : {...all, counts: selectRows(all.counts, pool.rows), barcodes: pool.rows.map((at) => all.barcodes[at])};
  const empty = await findEmptyDroplets(path, job.optionalInput('raw'));
  const data = toAnnData(found, row, {pool, empty});
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

function toAnnData(found: FoundMatrix, row: SheetRow, {pool, empty}: {pool: (PooledWell & {tool: string}) | null; empty: EmptyDroplets | null}): AnnotatedMatrix {
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
        ...(pool === null ? [] : [['demux', text(pool.demux)] as const]),
      ]),
    },
    var: {
      index: unique,
      columns: new Map<string, Column>([
        ['gene_id', text(genes.map((k) => features.ids[k] || features.symbols[k]))],
        ['gene_symbol', text(named)],
        ['feature_type', text(pick(features.types.map((type) => type || 'Gene Expression')))],
        ['is_mitochondrial', {kind: 'boolean', values: named.map(isMitochondrial)}],
        ...(empty === null ? [] : [['umis_of_empty_droplets', {kind: 'integer', values: Float64Array.from(genes, (k) => empty.umisOf.get(features.ids[k] || features.symbols[k]) ?? 0)}] as const]),
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
        ...(pool === null ? {} : {demux: {tool: pool.tool, n_of_other_labels: pool.nOthers}}),
        ...(empty === null ? {} : {n_empty_droplets: empty.nDroplets}),
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
