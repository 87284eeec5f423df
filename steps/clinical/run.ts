import {readEvent, type AdverseEvent} from '../../pipeline/analysis/clinical/adverse-events.ts';
import {readBiopsy} from '../../pipeline/analysis/clinical/biopsies.ts';
import {bCellTable, conflictTable, patientTable, visitTable} from '../../pipeline/analysis/clinical/clinical-tables.ts';
import {patientEndpoints, summaryRows} from '../../pipeline/analysis/clinical/endpoints.ts';
import type {ClinicalPatient} from '../../pipeline/analysis/clinical/patient.ts';
import type {Readings} from '../../pipeline/analysis/clinical/readings.ts';
import {ruleRows, type ClinicalSetting} from '../../pipeline/analysis/clinical/rules.ts';
import {numberIn, readVisit, visitsByPatient} from '../../pipeline/analysis/clinical/visit.ts';
import {writeTable} from '../../pipeline/formats/delimited-text.ts';
import {readSheetLines, type SheetLine} from '../../pipeline/formats/sheet-rows.ts';
import {refuse, runStep, type StepJob} from '../../pipeline/step-runtime/run-step.ts';

await runStep(async (job) => {
  const setting: ClinicalSetting = {
    readings: Object.fromEntries(['doris_prednisone', 'doris_pga', 'ivig', 'lldas_car_t', 'kidney_function'].map((name) => [name, job.param(name)])) as unknown as Readings,
    bCells: {depletionPerUl: job.param('depletion_per_ul'), recoveryPerUl: job.param('recovery_per_ul'), month1Day: job.param('month1_day'), month3Day: job.param('month3_day'), windowDays: job.param('window_days')},
    ivigDays: job.param('ivig_days'),
  };
  const patients = readPatients(job);
  const rows = patientEndpoints(patients, setting);
  writeTable(job.output('clinical_visits'), visitTable(patients, setting));
  writeTable(job.output('clinical_summary'), {columns: ['endpoint', 'k', 'n', 'percent', 'ci_lower', 'ci_upper', 'value', 'median', 'low', 'high', 'rule_id', 'missing', 'n_missing', 'k_most', 'patients_missing'], rows: summaryRows(rows)});
  writeTable(job.output('clinical_patients'), patientTable(rows));
  writeTable(job.output('clinical_rules'), {columns: ['rule_id', 'definition', 'source', 'missing'], rows: ruleRows(setting)});
  writeTable(job.output('clinical_conflicts'), conflictTable(patients, setting, rows));
  writeTable(job.output('b_cell_times'), bCellTable(patients, setting));
});

/** Of the patients sheet where there is one, else of the samples, then the visits; in that order. */
function readPatients(job: StepJob): ClinicalPatient[] {
  const visitLines = readSheetLines(job.input('visits'));
  const [patientLines, biopsyLines, eventLines] = ['patients', 'biopsies', 'adverse_events'].map((name) => optionalLines(job, name));
  const visits = visitsByPatient(visitLines.map(({row}) => readVisit(row, (patient, timepoint) => dayOfSample(job, patient, timepoint))));
  const events = eventLines === null ? null : readEvents(job, eventLines);
  const biopsies = biopsyLines === null ? null : biopsyLines.map(({row}) => readBiopsy(row));
  const ids = patientLines === null ? [...job.design.rows.map((row) => row['patient_id']), ...visits.keys()] : patientLines.map(({row}) => String(row['patient_id']));
  return [...new Set(ids)].map((patient_id): ClinicalPatient => ({
    patient_id, visits: visits.get(patient_id) ?? [],
    events: events?.filter((event) => event.patient_id === patient_id) ?? null,
    biopsies: biopsies?.filter((biopsy) => biopsy.patient_id === patient_id) ?? null,
    preflareEgfr: numberIn(patientLines?.find(({row}) => row['patient_id'] === patient_id)?.row ?? {}, 'preflare_egfr_ml_per_min'),
  }));
}

function optionalLines(job: StepJob, input: string): readonly SheetLine[] | null {
  const path = job.optionalInput(input);
  return path === undefined ? null : readSheetLines(path);
}

/** Of the samples sheet; null where its rows of that patient and timepoint give none or several. */
function dayOfSample(job: StepJob, patient: string, timepoint: string): number | null {
  const days = new Set(job.design.rows.filter((row) => row['patient_id'] === patient && row['timepoint'] === timepoint && row['day'] !== '').map((row) => Number(row['day'])));
  return days.size === 1 ? [...days][0] : null;
}

/** A grade that its own signs contradict is for the user to settle. */
function readEvents(job: StepJob, lines: readonly SheetLine[]): AdverseEvent[] {
  return lines.map(({line, row}) => {
    const event = readEvent(row);
    // A recorded 5 is a death, which no sign derives.
    if (event.derivedGrade !== null && event.grade !== event.derivedGrade && event.grade !== 5) {
      refuse({input: job.input('adverse_events'), line, found: `${event.category} of ${event.patient_id} has grade ${event.grade}, though its signs make grade ${event.derivedGrade}`, expected: 'the grade of the signs (ASTCT)', advice: 'Correct the grade or the signs, or leave the grade empty.'});
    }
    return event;
  });
}
