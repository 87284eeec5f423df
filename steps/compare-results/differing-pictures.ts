// The pictures of figures that differ, side by side: a reader sees sooner than a table tells.
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import type {ComparedResult} from '../../pipeline/analysis/reproduction/verdict.ts';
import type {FigurePair} from '../../pipeline/figures/reproduction-page.ts';

/** A figure whose values alone differ looks the same, and is not shown. */
export function differingPictures(results: readonly ComparedResult[], folders: {readonly published: string; readonly again: string}): FigurePair[] {
  return results.filter(({kind, status}) => kind === 'figure' && status === 'differs').flatMap(({path}) => {
    const [before, after] = [folders.published, folders.again].map((folder) => join(folder, `${path}.svg`));
    if (!existsSync(before) || !existsSync(after)) return [];
    const [published, again] = [before, after].map((file) => readFileSync(file, 'utf8'));
    return published === again ? [] : [{path, published, again}];
  });
}
