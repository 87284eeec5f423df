import {gzipSync} from 'node:zlib';
import {expect, test} from 'vitest';
import {load, runFile} from './study.ts';

const reference = 'reference: {genome: g.fa, genes: g.gtf, extra: [car.fa.gz], extra_genes: [car.gtf]}\n';
const files = {'g.fa': '', 'g.gtf': '', 'car.fa.gz': gzipSync('>CAR_BCMA cilta\nACGT\n>WPRE\nACGT\n'), 'car.gtf': 'CAR_BCMA\tx\texon\t1\t4\t.\t+\t.\tgene_id "vector"; gene_name "CAR"; transcript_id "t";\n'};
const warned = async (features: string, over = {}) => (await load({files: {...files, 'run.yaml': `${runFile}${reference}car: {features: ${features}}\n`, ...over}})).loaded?.warnings;

test('a transgene that the reference does not hold is warned of before anything is aligned', async () => {
  expect(await warned('[CAR_BMCA]')).toEqual([{text: 'car.features names CAR_BMCA, which is no sequence of reference.extra and no gene of reference.extra_genes (CAR_BCMA, WPRE, vector, CAR). Did you mean "CAR_BCMA"?'}]);
  expect(await warned('[CAR_BCMA, vector, CAR]')).toEqual([]);
});

test('a reference without further contigs, or with one that cannot be read, is not judged', async () => {
  expect(await warned('[CAR_X]', {'run.yaml': `${runFile}car: {features: [CAR_X]}\n`})).toEqual([]);
  expect(await warned('[CAR_X]', {'car.fa.gz': gzipSync('>CAR\n').subarray(0, 12), 'car.gtf': ''})).toEqual([]);
});
