// Solo.out/<feature>/Summary.csv of STARsolo: one `name,value` a line. A value that STAR could not compute (-nan, NoMulti) is null.
import {FormatProblem} from '../base/format-problem.ts';
import {readText} from './delimited-text.ts';

export function readStarsoloSummary(path: string): Map<string, number | null> {
  const lines = readText(path).split('\n').filter((line) => line !== '');
  return new Map(lines.map((line, at) => {
    // Names hold colons and plus signs, but the value follows the last comma.
    const comma = line.lastIndexOf(',');
    if (comma < 0) throw new FormatProblem(path, {found: JSON.stringify(line.slice(0, 60)), expected: 'a name, a comma and a value', advice: 'Is this the Summary.csv of STARsolo?', line: at + 1});
    const text = line.slice(comma + 1).trim();
    const value = Number(text);
    return [line.slice(0, comma), text === '' || !Number.isFinite(value) ? null : value];
  }));
}
