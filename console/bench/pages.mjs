// pages.mjs WHAT ADDRESS RUNS: how long pages take in headless Chromium; prints a JSON list of the runs. ADDRESS is a link that signs in, or MLflow's page.
import { chromium } from 'playwright-core';

const [what, address, count] = process.argv.slice(2);
const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const patience = 120_000;

const browser = await chromium.launch({ executablePath: process.env.CLARY_TEST_CHROMIUM ?? '/usr/bin/chromium', headless: true, args: flags });
const context = await browser.newContext({ viewport: { width: 1600, height: 1000 } });
const page = await context.newPage();
page.setDefaultTimeout(patience);

// Milliseconds from the start of the navigation until `found` (a function of the page) is true and has been painted.
async function open(url, found) {
  await page.goto(url, { waitUntil: 'commit' });
  await page.waitForFunction(found, undefined, { polling: 'raf', timeout: patience });
  return page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now())))));
}

// Milliseconds from a click until the page has painted what came of it: `changed` tells, of what `before` told.
async function click(locator, read = () => '') {
  const handle = await locator.elementHandle();
  return page.evaluate(
    async ([element, source]) => {
      const look = new Function(`return (${source})()`);
      const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
      const before = look();
      await frame();
      const start = performance.now();
      element.click();
      await frame();
      while (before !== '' && look() === before) await frame();
      await frame();
      return performance.now() - start;
    },
    [handle, read.toString()],
  );
}

const origin = new URL(address).origin;
const ours = (path) => `${origin}/-/console${path}`;

async function signIn() {
  await page.goto(address);
  await page.getByRole('heading', { level: 1, name: 'Home' }).waitFor();
}

// What a list shows, with the time until it did.
async function list(url, found) {
  const shown = await open(url, found);
  const [rows, cells] = await page.evaluate(() => {
    const all = [...document.querySelectorAll('tbody tr, [role=row]')].filter((row) => row.querySelector('a'));
    return [all.length, all[0]?.querySelectorAll('th, td, [role=cell], [role=gridcell], [role=rowheader]').length ?? 0];
  });
  return { shown, rows, cells };
}

const hasRows = () => document.querySelectorAll('tbody tr a').length > 5;

async function table() {
  const shown = await open(ours('/compare?trial=thousand'), () => document.querySelectorAll('.runs-line').length > 5);
  const firstRow = () => document.querySelector('.runs-line')?.textContent ?? '';
  const sorts = [];
  for (const column of ['m1 (last)', 'p2', 'm0 (last)']) sorts.push(await click(page.getByRole('columnheader', { name: column }).getByRole('button').first(), firstRow));
  const longest = await page.evaluate(async () => {
    const box = document.querySelector('.runs');
    let last = performance.now(), most = 0;
    for (let top = 0; top < box.scrollHeight; top += 400) {
      box.scrollTop = top;
      await new Promise((resolve) => requestAnimationFrame(resolve));
      const now = performance.now();
      most = Math.max(most, now - last);
      last = now;
    }
    return most;
  });
  return { shown, sorts, longest };
}

async function chart() {
  const spec = JSON.stringify([{ kind: 'series', metric: 'loss' }]);
  const whole = await open(ours(`/compare?${new URLSearchParams({ trial: 'charted', charts: spec })}`), () => Number(document.querySelector('.chart')?.getAttribute('data-points') ?? 0) >= 200_000);
  const draws = [];
  for (let turn = 0; turn < 2; turn += 1) draws.push(await click(page.getByLabel('Logarithmic')));
  return { whole, draws };
}

const measures = {
  experiments: () => open(ours('/experiments'), hasRows),
  components: () => list(ours('/experiments/bench/trial-1'), hasRows),
  mlflow: () => list(address, () => document.querySelectorAll('[role=row] a, tbody tr a').length > 5),
  table,
  chart,
};

if (what !== 'mlflow') await signIn();
const measure = measures[what];
await measure(); // the browser's cache is warm from here on
const runs = [];
for (let run = 0; run < Number(count); run += 1) {
  await page.goto('about:blank');
  runs.push(await measure());
}
console.log(JSON.stringify(runs));
await browser.close();
