import {defineConfig} from 'vitest/config';
import {BaseSequencer, type TestSpecification} from 'vitest/node';

/**
 * What takes long comes first, or one worker would be idle while the other ends: the minute in which nothing happens, whole runs, then units.
 * By themselves files without a known duration come by their size, which says little: a short file can be a whole study.
 */
class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({moduleId}: TestSpecification): number => (moduleId.endsWith('/faults-outage.test.ts') ? 0 : moduleId.includes('/tests/unit/') ? 2 : 1);
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts', 'steps/**/*.test.ts'],
    // On a machine that does other things too, what takes 20 s can take minutes; what waits for a condition gives up sooner and says for which.
    testTimeout: 300_000,
    hookTimeout: 600_000,
    pool: 'forks',
    maxWorkers: 2,
    sequence: {sequencer: LongFirst},
  },
});
