// One measurement in a process of its own: node clones-once.ts TABLE OUTPUT RULE. Seconds of each stage as JSON on stdout, the partition as cell<TAB>clone.
import {writeFileSync} from 'node:fs';
import {callClonotypes} from '../../pipeline/analysis/clonotype.ts';
import {defaultClonotypeRule, type ClonotypeRule} from '../../pipeline/analysis/clonotype-rule.ts';
import {assignReceptorChains} from '../../pipeline/analysis/receptor-chains.ts';
import {readAirr} from '../../pipeline/formats/airr.ts';

const rules: Readonly<Record<string, Partial<ClonotypeRule>>> = {
  default: {},
  identity: {definition: 'scirpy'},
  normalized_hamming: {definition: 'scirpy', scirpy_metric: 'normalized_hamming', scirpy_cutoff: 15, scirpy_same_v_gene: true, scirpy_same_j_gene: true},
};

const [table, output, rule] = process.argv.slice(2);
const seconds: Record<string, number> = {};
const stage = <T>(name: string, call: () => T): T => {
  const start = performance.now();
  const result = call();
  seconds[name] = (performance.now() - start) / 1000;
  return result;
};
const before = process.cpuUsage();
const read = stage('read', () => readAirr(table, 'S').rearrangements);
const {cells} = stage('chains', () => assignReceptorChains(read));
const {cloneOfCell, clones} = stage('clones', () => callClonotypes(cells, new Map([['S', 'P']]), {...defaultClonotypeRule, ...rules[rule]}));
const {user, system} = process.cpuUsage(before);
const mb = process.resourceUsage().maxRSS / 1024;
if (output !== '-') writeFileSync(output, [...cloneOfCell].map(([cell, clone]) => `${cell.slice(2)}\t${clone}\n`).join(''));
console.log(JSON.stringify({...seconds, cpu: (user + system) / 1e6, mb, n_clones: clones.length}));
