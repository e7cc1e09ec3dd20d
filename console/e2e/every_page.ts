import type { Locator } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { expectAccessible, rowsOf } from './browser';
import { ground, heading, open, page } from './stage';

const titled = (name: string) => page.getByRole('heading', { name });
const within = (table: string, text: string) => page.getByRole('table', { name: table }).getByText(text);
const drawn = (title: string) => page.locator(`[data-drawn=true][aria-label="${title}"]`);
const graph = () => page.getByTestId('lineage-graph');

const tabsOfComponent = (): Record<string, Locator> => ({
  charts: drawn('loss'),
  metrics: within('Metrics', 'loss'),
  parameters: within('Parameters', 'rate'),
  artifacts: titled('Output artifacts'),
  settings: titled('Tags'),
  log: page.getByText('Nothing ran for this trial component'),
  lineage: graph(),
});

const tabsOfEndpoint = (): Record<string, Locator> => ({
  settings: within('Production variants', 'AllTraffic'),
  metrics: drawn('Invocations'),
  test: titled('Test inference'),
  log: page.getByRole('log'),
  lineage: graph().getByRole('button', { name: /^Endpoint served/ }),
});

const tabs = (path: string, all: Record<string, Locator>) => Object.entries(all).map(([tab, ready]): [string, Locator] => [`${path}?tab=${tab}`, ready]);

// Every address of the console, with what has to stand on it before it is looked at: a heading, or what is within a tab.
const pages = (): [path: string, ready: string | Locator][] => [
  ['/', 'Recent failures'],
  ['/search', 'Search'],
  ['/search?text=e', 'Found'],
  ['/search?resource=ExperimentTrialComponent', 'Trial components'],
  ['/experiments', 'Experiments'],
  ['/experiments/churn', 'Trials of churn'],
  ['/experiments/churn/linear', 'Trial components of linear'],
  ['/unassigned', 'Unassigned trial components'],
  ['/compare?experiment=churn', 'Trial component list'],
  ...tabs('/trial-components/run-1', tabsOfComponent()),
  ['/training-jobs', 'Training jobs'],
  ['/training-jobs/trained', 'Output'],
  ['/processing-jobs', 'Processing jobs'],
  ['/processing-jobs/prepared', 'Outputs'],
  ['/transform-jobs', 'Batch transform jobs'],
  ['/transform-jobs/transformed', 'Output data'],
  ['/models', 'Models'],
  ['/models/served', 'Container'],
  ['/endpoint-configs', 'Endpoint configurations'],
  ['/endpoint-configs/heavier', 'Production variants'],
  ['/endpoints', 'Endpoints'],
  ...tabs('/endpoints/served', tabsOfEndpoint()),
  ['/s3', 'Buckets'],
  [`/s3/${ground.facts.bucket}?prefix=files%2F&key=files%2Ftree.json`, 'Preview of files/tree.json'],
  ['/logs', 'Log groups'],
  ['/logs/%2Faws%2Fsagemaker%2FTrainingJobs', 'Log'],
  ['/lineage', 'Artifacts'],
  ['/nowhere/at/all', 'There is nothing at this address'],
];

async function show(path: string, ready: string | Locator): Promise<void> {
  await open(path);
  await (typeof ready === 'string' ? titled(ready) : ready).first().waitFor();
  await page.getByText(/^Loading /).first().waitFor({ state: 'detached' });
}

describe('every page', () => {
  test('is accessible, and nothing of users runs in it', { timeout: 600_000 }, async () => {
    for (const [path, ready] of pages()) {
      await show(path, ready);
      await expectAccessible(page);
      expect(await page.title(), path).not.toContain('hacked');
      expect(await page.locator('img[src=x]').count(), path).toBe(0);
    }
  });

  test('fits a narrow screen', { timeout: 600_000 }, async () => {
    await page.setViewportSize({ width: 400, height: 800 });
    for (const [path, ready] of pages()) {
      await show(path, ready);
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), path).toBe(true);
    }
    await page.setViewportSize({ width: 1280, height: 800 });
  });
});

test('dark, with the times of UTC on hover, and by keyboard', async () => {
  await open('/experiments');
  await rowsOf(page, 'Experiments');
  await page.getByRole('button', { name: 'Light / dark' }).first().click();
  expect(await page.evaluate(() => document.body.classList.contains('awsui-dark-mode'))).toBe(true);
  await expectAccessible(page);
  const time = page.locator('time').first();
  expect(await time.getAttribute('title')).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/);
  await page.getByRole('link', { name: 'churn' }).focus();
  await page.keyboard.press('Enter');
  await heading(/Trials of churn/).waitFor();
  await page.getByRole('link', { name: 'linear' }).focus();
  await page.keyboard.press('Enter');
  await heading(/Trial components of linear/).waitFor();
  await page.getByRole('checkbox', { name: 'Select all' }).focus();
  await page.keyboard.press('Space');
  await page.getByRole('button', { name: 'Open in trial component list' }).focus();
  await page.keyboard.press('Enter');
  await heading(/Trial component list/).waitFor();
  await page.getByRole('table', { name: 'Trial components' }).getByRole('button', { name: 'rate' }).focus();
  await page.keyboard.press('Enter');
  await expect.poll(() => page.url()).toContain('sort=Parameters.rate');
  await page.getByRole('button', { name: 'Light / dark' }).first().click();
});

test('the first load is below 500 kB, without charts', async () => {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.setCacheDisabled', { cacheDisabled: true });
  let bytes = 0;
  const scripts: string[] = [];
  session.on('Network.loadingFinished', (event) => (bytes += event.encodedDataLength));
  session.on('Network.responseReceived', (event) => scripts.push(event.response.url));
  await show('/', 'Recent failures');
  await page.evaluate(() => document.fonts.ready);
  expect(scripts.some((url) => /\/assets\/index-.*\.js$/.test(url))).toBe(true);
  expect(scripts.filter((url) => url.includes('echarts'))).toEqual([]);
  expect(bytes).toBeGreaterThan(100_000);
  expect(bytes).toBeLessThan(500_000);
  await session.detach();
});
