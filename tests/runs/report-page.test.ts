// The report in a real browser: opens from disk, says nothing on the console, asks for nothing, fits a phone.
import {existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {chromium} from 'playwright-core';
import {expect, test} from 'vitest';
import {parse} from 'yaml';
import {projectRoot} from '../rig/cli.ts';
import {runStepFolder, type StepRequest} from '../rig/run-step.ts';

const browser = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path));
if (browser === undefined) console.log('The report page is not opened: no Chromium (Debian package chromium).');

test.skipIf(browser === undefined)('the page opens without a console message or a request, and filters its tables', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lymphline-page-'));
  const example = join(projectRoot, 'steps/report/example');
  const request = parse(readFileSync(join(example, 'example.yaml'), 'utf8')) as StepRequest;
  const inputs = Object.fromEntries(Object.entries(request.inputs ?? {}).map(([name, path]) => [name, join(example, path as string)]));
  const run = runStepFolder('report', folder, {...request, inputs, config: {name: '<b>study</b>'}});
  expect(run).toMatchObject({status: 0, problem: undefined});
  const opened = await chromium.launch({executablePath: browser ?? '', args: ['--no-sandbox']});
  try {
    for (const width of [1280, 390]) {
      const page = await opened.newPage({viewport: {width, height: 900}});
      const [said, asked]: [string[], string[]] = [[], []];
      page.on('console', (message) => said.push(message.text()));
      page.on('pageerror', (error) => said.push(String(error)));
      page.on('request', (asking) => asked.push(asking.url()));
      await page.goto(`file://${run.outputs['report']}`);
      expect(await page.textContent('h1')).toBe('<b>study</b>');
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      await page.click('summary >> text=Clonal comparisons');
      await page.fill('input[data-table="table-clonal-comparisons"]', 'no such word');
      expect(await page.locator('#table-clonal-comparisons tbody tr:visible').count()).toBe(0);
      expect([said, asked.length]).toEqual([[], 1]);
      await page.close();
    }
  } finally {
    await opened.close();
    rmSync(folder, {recursive: true, force: true});
  }
}, 120_000);
