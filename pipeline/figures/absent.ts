// A picture of which nothing can be drawn: hatched, with the reason, so that a reader who looks for it finds why.
import type {Figure} from './figure.ts';
import {drawing, fullWidth, missingBox} from './svg.ts';

export function absentFigure({id, title, reason, columns}: {readonly id: string; readonly title: string; readonly reason: string; readonly columns: readonly string[]}): Figure {
  return {
    id, title, caption: 'Not in this run.', absent: reason,
    svg: drawing({id: `figure-${id}`, title, description: reason, width: fullWidth, height: 60, body: [missingBox({x: 4, y: 8, width: fullWidth - 8, height: 44, reason})]}),
    values: {columns: [...columns, 'missing'], rows: [{missing: reason}]},
    parameters: {},
  };
}
