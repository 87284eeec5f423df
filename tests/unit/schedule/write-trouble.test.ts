import {mkdtempSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {findWriteTrouble} from '../../../pipeline/schedule/write-trouble.ts';

const folder = mkdtempSync(join(tmpdir(), 'lymphline-write-'));

// As coreutils, Python, samtools, Node and libuv (which has no name for two of them) print them.
test.each([
  ["cp: error writing '/data/run/x.bam': Disk quota exceeded", 'EDQUOT', '/data/run/x.bam'],
  ["OSError: [Errno 28] No space left on device: '/scratch/sorted.tmp'", 'ENOSPC', '/scratch/sorted.tmp'],
  ['samtools sort: failed writing to "/tmp/a.0001.bam": No space left on device', 'ENOSPC', '/tmp/a.0001.bam'],
  ['Error: ENOSPC: no space left on device, write', 'ENOSPC', folder],
  ["Error: Unknown system error -122: Unknown system error -122, open '/home/u/y'", 'EDQUOT', '/home/u/y'],
  ['Error: Unknown system error -116: Unknown system error -116, read', 'ESTALE', folder],
  ['cat: /gpfs/reads/a.fq.gz: Stale file handle', 'ESTALE', '/gpfs/reads/a.fq.gz'],
  ['head: error reading /dev/sdb1: Input/output error', 'EIO', '/dev/sdb1'],
])('%s', (line, code, path) => {
  expect(findWriteTrouble([folder], ['starting', line, 'Traceback ends here'])).toEqual({code, path});
});

test('other ends of a program are its own, on a disk with room', () => {
  expect(findWriteTrouble([folder, join(folder, 'none')], ['Error: no space in the barcode list', 'exit 3'])).toBeUndefined();
});
