// The JSON schema of configs/chemistry/*.yaml. What its numbers mean is the steps' business.
import {keys, oneOf, text, whole} from './schema-parts.ts';

const span = keys('Bases of read 1.', {start: whole(1, 'First base, from 1.'), length: whole(1, 'Number of bases.')}, ['start', 'length']);

export const chemistrySchema = keys('How a kit writes cell and molecule into read 1.', {
  summary: text('Which kit this is.'),
  barcode: {type: 'array', items: span, minItems: 1, description: 'The parts of the cell barcode, in order.'},
  umi: {...span, description: 'The molecule.'},
  anchor: keys('A sequence between the parts that may stand later by some bases; all is shifted with it.', {
    sequence: text('Bases; N: any.', {pattern: '^[ACGTN]+$', 'x-expected': 'the letters A C G T N'}),
    start: whole(1, 'Its first base where nothing is shifted.'),
    max_shift: whole(0, 'How many bases later it may stand.'),
  }, ['sequence', 'start', 'max_shift']),
  strand: oneOf(['forward', 'reverse'], 'Read 2 against the RNA.'),
  whitelist: text('What the list of barcodes is called. The sheet names the file: none is shipped.'),
}, ['summary', 'barcode', 'umi', 'strand', 'whitelist']);
