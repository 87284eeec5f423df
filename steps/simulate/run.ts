import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {planClones, typeShares, type Phase} from '../../pipeline/analysis/simulated-cohort/cell-plan.ts';
import {biopsyColumns, clinicalBiopsies, clinicalEvents, clinicalPatient, clinicalVisits, eventColumns, patientColumns, patientSex, visitColumns} from '../../pipeline/analysis/simulated-cohort/clinical.ts';
import {makeGeneSpace} from '../../pipeline/analysis/simulated-cohort/expression.ts';
import {simulateSample, type Programme} from '../../pipeline/analysis/simulated-cohort/sample.ts';
import {addSexGenes, sexGeneNames} from '../../pipeline/analysis/simulated-cohort/sex-genes.ts';
import {interferonSets} from '../../pipeline/analysis/signature-universe.ts';
import {randomStream} from '../../pipeline/base/random.ts';
import type {GeneSet} from '../../pipeline/data/gene-set.ts';
import type {Row} from '../../pipeline/data/table.ts';
import {readCellTypes} from '../../pipeline/formats/cell-types.ts';
import {writeTable} from '../../pipeline/formats/delimited-text.ts';
import {readGmt} from '../../pipeline/formats/gmt.ts';
import {writeTenxH5} from '../../pipeline/formats/tenx-h5.ts';
import {runStep} from '../../pipeline/step-runtime/run-step.ts';
import {contigRows, contigColumns} from './contig-table.ts';
import {runFile} from './run-file.ts';
import {cloneTruth, programmeTruth, truthReadme} from './truth.ts';

const inflammation = 'HALLMARK_INFLAMMATORY_RESPONSE';
const nullSet = 'HALLMARK_OXIDATIVE_PHOSPHORYLATION';

await runStep(async (job) => {
  const folder = job.output('cohort');
  for (const name of ['matrices', 'contigs', 'truth']) mkdirSync(join(folder, name), {recursive: true});
  const effects = job.param<'default' | 'none'>('effects');
  const labels = job.param<string[]>('timepoints').map(String);
  const days = daysOf(labels);
  const timepoints = labels.map((label, i) => ({label, day: days[i], phase: phaseOf(i, labels.length)}));
  const sets = new Map(readGmt(job.input('sets')).map((set) => [set.name, set]));
  const markers = markersOf(readCellTypes(job.input('cell_types')).types);
  const programmes = programmesOf(sets, {interferon: job.param('interferon_factor'), inflammation: job.param('inflammation_factor'), isOn: effects === 'default'});
  const named = [...[...interferonSets, inflammation, nullSet].flatMap((name) => [...(sets.get(name)?.genes ?? [])]), ...[...markers.values()].flat()];
  const space = makeGeneSpace(named, job.param('other_genes'), randomStream(job.seed, 'genes'));
  const wanderingSets = [[...interferonSets.flatMap((name) => [...(sets.get(name)?.genes ?? [])])], sets.get(inflammation)?.genes ?? [], sets.get(nullSet)?.genes ?? []].map((genes) => [...new Set(genes)]);
  const genes = [...space.genes, ...sexGeneNames];
  const samples: Row[] = [];
  const clinical: Record<'visits' | 'patients' | 'biopsies' | 'events', Row[]> = {visits: [], patients: [], biopsies: [], events: []};
  const cells: Row[] = [];
  for (let index = 0; index < job.param<number>('patients'); index++) {
    const patient = `P${String(index + 1).padStart(2, '0')}`;
    const random = randomStream(job.seed, `patient ${patient}`);
    const patientEffect = Float64Array.from(space.genes, () => Math.exp(0.12 * random.normal()));
    const typeFactor = new Map(typeShares.map((type) => [type.cell_type, Math.exp(0.08 * random.normal())]));
    const clones = planClones(patient, effects, random);
    // The last patient's B cells come back late; with seven patients, six are back at the last timepoint.
    const hasBCells = (phase: Phase): boolean => effects === 'none' || phase === 'before' || (phase === 'after' && index % 7 !== 6);
    const plan = {patient_id: patient, patientIndex: index, responds: effects === 'default'};
    clinical.visits.push(...clinicalVisits({...plan, timepoints, hasBCells: (label) => hasBCells(timepoints.find((one) => one.label === label)?.phase ?? 'after'), lymphocyteFactor: Math.exp(0.15 * random.normal())}));
    clinical.patients.push(clinicalPatient(plan));
    clinical.biopsies.push(...clinicalBiopsies(plan));
    clinical.events.push(...clinicalEvents(plan));
    for (const [i, {label, day, phase}] of timepoints.entries()) {
      const sample = `${patient}-${label}`;
      const keys: Row = {sample_id: sample, patient_id: patient, timepoint: label, day};
      if (phase === 'depleted' && index === 3) {
        samples.push({...keys, library: null, path: null, batch: 'A', chemistry: "5' v2", excluded: 'the tube clotted'});
        continue;
      }
      const meanUmis = job.param<number>('umis') * job.param<number>('depth_ratio') ** (labels.length === 1 ? 0 : i / (labels.length - 1) - 0.5);
      const made = simulateSample({
        seed: job.seed, patient, sample, phase, hasBCells: hasBCells(phase), nBarcodes: job.param('cells'), doubletRate: job.param('doublet_rate'), dyingRate: job.param('dying_rate'),
        meanUmis, space, markers, programmes, patientEffect, wanderingSets, typeFactor, clones,
      });
      await writeTenxH5(join(folder, 'matrices', `${sample}.h5`), {
        counts: addSexGenes(made.counts, {seed: job.seed, sample, sex: patientSex(index)}), barcodes: made.barcodes,
        features: {ids: genes.map((_gene, k) => `SIM${String(k + 1).padStart(6, '0')}`), symbols: genes, types: genes.map(() => 'Gene Expression'), genomes: genes.map(() => 'simulated')},
      });
      samples.push({...keys, library: 'gex', path: `matrices/${sample}.h5`, batch: index % 2 === 0 ? 'A' : 'B', chemistry: "5' v2"});
      for (const library of ['tcr', 'bcr'] as const) {
        const path = `contigs/${sample}.${library}.csv`;
        writeTable(join(folder, path), {columns: contigColumns, rows: contigRows(made.contigs, library)});
        samples.push({...keys, library, path, batch: index % 2 === 0 ? 'A' : 'B', chemistry: "5' v2"});
      }
      cells.push(...made.cells.map((cell): Row => ({...keys, cell_id: `${sample}_${cell.barcode}`, ...cell, clone_id: cell.clone_id || null})));
    }
  }
  writeTable(join(folder, 'samples.tsv'), {columns: ['sample_id', 'patient_id', 'timepoint', 'day', 'library', 'path', 'batch', 'chemistry', 'excluded'], rows: samples});
  writeTable(join(folder, 'visits.tsv'), {columns: visitColumns, rows: clinical.visits});
  writeTable(join(folder, 'patients.tsv'), {columns: patientColumns, rows: clinical.patients});
  writeTable(join(folder, 'biopsies.tsv'), {columns: biopsyColumns, rows: clinical.biopsies});
  writeTable(join(folder, 'aes.tsv'), {columns: eventColumns, rows: clinical.events});
  writeTable(join(folder, 'truth/cells.tsv.gz'), {columns: ['sample_id', 'patient_id', 'timepoint', 'day', 'cell_id', 'kind', 'lineage', 'cell_type', 'clone_id'], rows: cells});
  writeTable(join(folder, 'truth/clones.tsv'), cloneTruth(cells));
  writeTable(join(folder, 'truth/programmes.tsv'), programmeTruth({programmes, nullSet, isOn: effects === 'default'}));
  writeFileSync(join(folder, 'truth/README.md'), truthReadme);
  writeFileSync(join(folder, 'run.yaml'), runFile({timepoints: labels, seed: job.seed, primary: [interferonSets[0], inflammation, nullSet]}));
});

function phaseOf(i: number, n: number): Phase {
  return i === 0 ? 'before' : n > 2 && i === 1 ? 'depleted' : 'after';
}

/** `month3` is day 90, `week2` day 14; anything else, or a day that would not rise, is a month after the one before. */
function daysOf(labels: readonly string[]): number[] {
  const days = [-7];
  for (const label of labels.slice(1)) {
    const [, unit, count] = /(month|week|day)[ _-]?(\d+)$/i.exec(label) ?? [];
    const day = unit === undefined ? NaN : Number(count) * ({month: 30, week: 7, day: 1}[unit.toLowerCase()] ?? 30);
    const last = days[days.length - 1];
    days.push(day > last ? day : Math.max(0, last) + 30);
  }
  return days;
}

/** Markers of the lineages and types that are simulated. */
function markersOf(types: ReturnType<typeof readCellTypes>['types']): Map<string, readonly string[]> {
  const wanted = new Set(typeShares.flatMap((type) => [type.lineage, type.cell_type]));
  return new Map(types.filter((type) => wanted.has(type.label)).map((type) => [type.label, [...type.markers.keys()]]));
}

/** Genes of the null set are planted nowhere, so that it has no change of its own. */
function programmesOf(sets: ReadonlyMap<string, GeneSet>, {interferon, inflammation: factor, isOn}: {interferon: number; inflammation: number; isOn: boolean}): Programme[] {
  if (!isOn) return [];
  const silent = new Set(sets.get(nullSet)?.genes ?? []);
  const ifn = interferonSets.flatMap((name) => [...(sets.get(name)?.genes ?? [])]);
  const genesOf = (genes: readonly string[]): string[] => [...new Set(genes)].filter((gene) => !silent.has(gene));
  return [
    {signature: interferonSets[0], genes: genesOf(ifn), lineages: ['T cell', 'B cell', 'NK cell', 'monocyte'], factor: interferon},
    {signature: inflammation, genes: genesOf((sets.get(inflammation)?.genes ?? []).filter((gene) => !ifn.includes(gene))), lineages: ['monocyte'], factor},
  ];
}
