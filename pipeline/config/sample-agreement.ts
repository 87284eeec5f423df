// What the rows of the samples sheet say together: libraries told apart, samples told apart, one sample one story.
import type {Failure} from '../model/failure.ts';
import {isGap, type SampleRow} from './sample-row.ts';

export function sampleDisagreements(rows: readonly SampleRow[]): Failure[] {
  return [...contradictions(rows), ...repeatedLibraries(rows.filter((row) => !isGap(row))), ...indistinctSamples(rows.filter((row) => !isGap(row)))];
}

/** Rows of one sample differ only in their library. */
function contradictions(rows: readonly SampleRow[]): Failure[] {
  const first = new Map<string, SampleRow>();
  return rows.flatMap((row) => {
    const {sample_id, columns} = row.library;
    const before = first.get(sample_id);
    if (before === undefined) {
      first.set(sample_id, row);
      return [];
    }
    return ['patient_id', 'timepoint', 'day', 'tissue', 'cell_subset'].filter((column) => columns[column] !== before.library.columns[column]).map((column): Failure => ({
      reason: 'sheet-invalid', place: row.source.placeOf(column), expected: '',
      found: `sample ${sample_id} has ${column} ${JSON.stringify(columns[column])} here and ${JSON.stringify(before.library.columns[column])} in row ${before.source.line}`,
      advice: 'Rows of one sample differ only in their library; another sample needs another sample_id.',
    }));
  });
}

function repeatedLibraries(rows: readonly SampleRow[]): Failure[] {
  const first = new Map<string, SampleRow>();
  return rows.flatMap((row): Failure[] => {
    const {library_id, sample_id, library, path} = row.library;
    const before = first.get(library_id);
    if (before === undefined) {
      first.set(library_id, row);
      return [];
    }
    const isSame = before.library.sample_id === sample_id && before.library.library === library;
    // FASTQ rows of one library are its lanes.
    if (isSame && path === '' && before.library.path === '' && row.source.cells['fastq_1']) return [];
    const column = row.source.cells['library_id'] ? 'library_id' : 'library';
    return [{
      reason: 'sheet-invalid', place: row.source.placeOf(column), found: `a second row for library "${library_id}" (the first is row ${before.source.line})`, expected: '',
      advice: column === 'library_id' ? 'Give each library its own library_id.' : 'Give each matrix its own name in a column library_id.',
    }];
  });
}

function indistinctSamples(rows: readonly SampleRow[]): Failure[] {
  const first = new Map<string, SampleRow>();
  const told = new Set<string>();
  return rows.flatMap((row): Failure[] => {
    const {sample_id, patient_id, timepoint, columns} = row.library;
    const key = [patient_id, timepoint, columns['tissue'], columns['cell_subset']].join('\t');
    const before = first.get(key) ?? row;
    first.set(key, before);
    if (before.library.sample_id === sample_id || told.has(sample_id)) return [];
    told.add(sample_id);
    return [{
      reason: 'sheet-invalid', place: row.source.placeOf('sample_id'), expected: '',
      found: `samples ${before.library.sample_id} and ${sample_id} are both ${columns['tissue']}, ${columns['cell_subset']} of patient ${patient_id} at ${timepoint}`,
      advice: 'Tell them apart in a column tissue or cell_subset, or give rows of one sample the same sample_id.',
    }];
  });
}
