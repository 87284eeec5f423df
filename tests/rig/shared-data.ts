// Real data sets are not part of the project: LYMPHLINE_DATA, else ../shared/data beside it, else the test skips.
import {existsSync} from 'node:fs';
import {join, resolve} from 'node:path';

const beside = resolve(import.meta.dirname, '../../../shared/data');

/** The folder of the real data sets, or undefined. */
export const sharedData: string | undefined = process.env['LYMPHLINE_DATA'] ?? (existsSync(beside) ? beside : undefined);

/** A file of the real data sets; tests that call it are skipped where `sharedData` is undefined. */
export function dataFile(path: string): string {
  return join(sharedData ?? '', path);
}

/** Reference values lie beside the data. */
export function referenceFile(path: string): string {
  return join(sharedData ?? '', '../ref', path);
}
