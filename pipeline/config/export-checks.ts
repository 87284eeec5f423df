// What an export asks of the sheets and parameters, told before the run and not at its end. Which terms there are is the archive's affair.
import type {Failure} from '../model/failure.ts';
import type {ReadRunFile} from './read-run-file.ts';

export interface ExportQuestion {
  readonly exports: unknown;
  readonly placeOf: ReadRunFile['placeOf'];
  /** Of the step export; undefined where a project has no such step. */
  readonly params: Readonly<Record<string, unknown>> | undefined;
  /** Columns of the patients sheet. */
  readonly patientColumns: readonly string[];
}

export function exportFailures({exports, placeOf, params, patientColumns}: ExportQuestion): Failure[] {
  const at = Array.isArray(exports) ? exports.indexOf('cellxgene') : -1;
  if (at < 0 || params === undefined || params['disease'] !== null || patientColumns.includes('disease_ontology_term_id')) return [];
  return [{
    reason: 'config-invalid', place: placeOf(['exports', at]), found: 'cellxgene is asked for and no disease is named', expected: '',
    advice: 'Set steps.export.disease, such as MONDO:0005556 (lupus nephritis), or add the column disease_ontology_term_id to the patients sheet.',
  }];
}
