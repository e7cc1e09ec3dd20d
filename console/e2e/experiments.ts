import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { expectAccessible, rowsOf, valueOf } from './browser';
import { ground, heading, open, page, shot } from './stage';

// Chooses in the form "Add chart": what stands in each of its fields.
async function addChart(kind: string, fields: Record<string, string | string[]>): Promise<void> {
  await page.getByRole('button', { name: 'Add chart' }).click();
  const form = page.getByRole('dialog');
  for (const [label, value] of Object.entries({ 'Kind of chart': kind, ...fields })) {
    await form.getByLabel(label, { exact: true }).click();
    for (const one of [value].flat()) await page.getByRole('option', { name: one, exact: true }).click();
    if (Array.isArray(value)) await page.keyboard.press('Escape'); // such a list stays open
  }
  await form.getByRole('button', { name: 'Add', exact: true }).click();
  await form.waitFor({ state: 'detached' });
}

describe('experiments', () => {
  test('open into trials and trial components', async () => {
    await open('/experiments');
    const { ExperimentSummaries } = await ground.boto3<{ ExperimentSummaries: { ExperimentName: string }[] }>('sagemaker', 'list_experiments');
    expect((await rowsOf(page, 'Experiments')).map((row) => row[0]).sort()).toEqual(ExperimentSummaries.map((one) => one.ExperimentName).sort());
    await page.getByLabel('Search experiments').fill('chu');
    await page.getByRole('table', { name: 'Experiments' }).getByText('other').waitFor({ state: 'detached' });
    expect(page.url()).toContain('search=chu');
    await expectAccessible(page);
    await page.getByRole('link', { name: 'churn' }).click();
    await heading(/Trials of churn/).waitFor();
    await page.getByRole('link', { name: 'forest' }).click();
    await heading(/Trial components of forest/).waitFor();
    await page.getByRole('link', { name: 'Preprocessing' }).click();
    await heading('Preprocessing').waitFor();
    const crumbs = await page.getByRole('navigation', { name: 'Breadcrumbs' }).getByRole('link').allInnerTexts();
    expect(crumbs.map((text) => text.trim()).filter(Boolean)).toEqual(expect.arrayContaining(['Clary', 'Experiments', 'churn', 'forest']));
  });

  test('a trial component shows all of itself, hostile text as text', async () => {
    await open('/trial-components/prepare?experiment=churn&trial=forest&tab=parameters');
    const parameters = Object.fromEntries(await rowsOf(page, 'Parameters'));
    expect(parameters.depth).toBe('5');
    expect(parameters.note).toBe(ground.facts.hostile);
    await page.getByRole('tab', { name: 'Artifacts' }).click();
    expect(await rowsOf(page, 'Output artifacts')).toEqual([['odd', '-', ground.facts.hostile]]);
    expect((await rowsOf(page, 'Input artifacts'))[0]?.[2]).toBe(`s3://${ground.facts.bucket}/files/table.csv`);
    await page.getByRole('tab', { name: 'AWS settings' }).click();
    expect(await valueOf(page, 'Message')).toBe(ground.facts.hostile);
    expect(await valueOf(page, 'Status')).toBe('Failed');
    expect(await valueOf(page, 'Duration')).toBe('2 min 0 s');
    expect(await rowsOf(page, 'Tags')).toEqual([['team', 'blue']]);
    expect(page.url()).toContain('tab=settings');
    await page.reload();
    await page.getByRole('tab', { name: 'AWS settings', selected: true }).waitFor();
    expect(await page.title()).toBe('Preprocessing | Clary');
    await expectAccessible(page);
  });

  test('are compared in a table and charts, which the address has', async () => {
    await open('/experiments/churn/linear');
    await rowsOf(page, 'Trial components of linear');
    await page.getByRole('checkbox', { name: 'Select all' }).check({ force: true });
    await page.getByRole('button', { name: 'Open in trial component list' }).click();
    await heading(/Trial component list/).waitFor();
    const table = page.getByRole('table', { name: 'Trial components' });
    await table.getByRole('columnheader', { name: 'loss (last)' }).waitFor();
    const runs = async () => (await table.getByRole('rowheader').allInnerTexts()).map((text) => text.trim());
    await table.getByRole('button', { name: 'rate' }).click();
    await expect.poll(runs).toEqual(['run-0', 'run-1', 'run-2']);
    await table.getByRole('button', { name: 'rate' }).click();
    await expect.poll(runs).toEqual(['run-2', 'run-1', 'run-0']);
    const { Metrics } = await ground.boto3<{ Metrics: { MetricName: string; Last: number }[] }>('sagemaker', 'describe_trial_component', { TrialComponentName: 'run-1' });
    const cells = await table.getByRole('row', { name: /run-1/ }).getByRole('cell').allInnerTexts();
    expect(cells.map((text) => text.trim())).toContain(String(Metrics.find((metric) => metric.MetricName === 'loss')?.Last));
    await expectAccessible(page);

    await addChart('Time series', { Metric: 'loss' });
    await addChart('Summary statistics: histogram', { Of: 'loss (min)' });
    await addChart('Summary statistics: box plot', { Of: 'rate' });
    await addChart('Scatter plot', { 'Horizontal axis': 'rate', 'Vertical axis': 'loss (last)', Colour: 'depth' });
    await addChart('Parallel coordinates', { Axes: ['rate', 'depth', 'loss (min)'] });
    const drawn = page.locator('[data-drawn=true]');
    await expect.poll(() => drawn.count()).toBe(5);
    await expectAccessible(page);
    const address = page.url();
    await page.goto('about:blank');
    await page.goto(address);
    await expect.poll(() => drawn.count()).toBe(5);
    expect(await runs()).toEqual(['run-2', 'run-1', 'run-0']);
    const saved = `${tmpdir()}/clary-console-${process.pid}.csv`;
    const [data] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save the data of loss as CSV' }).click()]);
    await data.saveAs(saved);
    const lines = readFileSync(saved, 'utf8').trim().split('\r\n');
    expect(lines[0]).toBe('run,step,loss');
    expect(lines).toHaveLength(1 + 3 * 50);
    const [picture] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save loss as PNG' }).click()]);
    await picture.saveAs(saved);
    expect(readFileSync(saved).subarray(1, 4).toString()).toBe('PNG');
    rmSync(saved);
    await page.evaluate(() => scrollTo(0, 0));
    await shot('compare', 1000);
    for (const name of ['run-0', 'run-2']) await table.getByRole('checkbox', { name: `Select ${name}` }).check({ force: true });
    await page.getByText('Charts show the 2 selected.').waitFor();
    const link = page.url();
    expect(new URL(link).searchParams.getAll('selected').sort()).toEqual(['run-0', 'run-2']);
    await page.goto('about:blank');
    await page.goto(link);
    await page.getByText('Charts show the 2 selected.').waitFor();
    expect(await table.getByRole('checkbox', { checked: true }).count()).toBe(2);
    expect(await page.getByRole('checkbox', { name: 'Select run-1' }).isChecked()).toBe(false);
    const ofSelected = page.locator('[aria-label=loss][data-points="100"]');
    await ofSelected.waitFor();
    await page.getByRole('checkbox', { name: 'Select all' }).check({ force: true });
    await ofSelected.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Remove loss', exact: true }).click();
    await expect.poll(() => drawn.count()).toBe(4);
  });

  test('live: what runs is followed, in the table and in charts, until it has ended', async () => {
    await open('/compare?trial=live');
    const table = page.getByRole('table', { name: 'Trial components' });
    await table.getByText('InProgress').waitFor();
    await page.getByRole('button', { name: 'Columns' }).first().click();
    await page.getByRole('option', { name: 'loss (count)' }).click();
    await page.keyboard.press('Escape');
    const counted = async () => {
      const heads = await table.getByRole('columnheader').allInnerTexts();
      const cells = await table.getByRole('row').nth(1).locator('[role=cell], [role=rowheader]').allInnerTexts();
      return Number(cells[heads.findIndex((head) => head.trim() === 'loss (count)')]);
    };
    const first = await counted();
    await expect.poll(counted).toBeGreaterThan(first);
    await addChart('Time series', { Metric: 'loss' });
    await expect.poll(() => page.locator('[data-drawn=true]').count()).toBe(1);
    const points = async () => {
      const saved = `${tmpdir()}/clary-console-live-${process.pid}.csv`;
      const [data] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save the data of loss as CSV' }).click()]);
      await data.saveAs(saved);
      const lines = readFileSync(saved, 'utf8').trim().split('\r\n').length - 1;
      rmSync(saved);
      return lines;
    };
    const drawn = await points();
    // Its metric has no steps: one point a minute, after which the page has to look again.
    await expect.poll(points, { timeout: 90_000 }).toBeGreaterThan(drawn);
    await page.getByText('Time', { exact: true }).click();
    await page.getByText('Logarithmic').click();
    await expectAccessible(page);
  });

  test('a component that failed stands among the others, with its status', async () => {
    await open('/compare?experiment=churn');
    const table = page.getByRole('table', { name: 'Trial components' });
    await table.getByRole('row', { name: /Preprocessing/ }).getByText('Failed').waitFor();
    await addChart('Scatter plot', { 'Horizontal axis': 'depth', 'Vertical axis': 'loss (last)' });
    await expect.poll(() => page.locator('[data-drawn=true]').count()).toBe(1);
  });

  test('a component has charts of its metrics', async () => {
    await open('/trial-components/run-1?tab=charts');
    await page.getByRole('img', { name: 'loss' }).waitFor();
    await expect.poll(() => page.locator('[data-drawn=true]').count()).toBe(1);
    await page.getByRole('tab', { name: 'Metrics' }).click();
    const { Metrics } = await ground.boto3<{ Metrics: { MetricName: string; Min: number; Max: number; Count: number }[] }>('sagemaker', 'describe_trial_component', { TrialComponentName: 'run-1' });
    expect((await rowsOf(page, 'Metrics')).map((row) => [row[0], Number(row[1]), Number(row[2]), Number(row[6])])).toEqual(
      Metrics.map((metric) => [metric.MetricName, metric.Min, metric.Max, metric.Count]),
    );
  });

  test('a metric is drawn over the epochs that were logged beside it', async () => {
    await open('/trial-components/alone?tab=charts');
    await page.locator('[aria-label=loss][data-points="6"]').waitFor();
    await page.getByText('Epoch', { exact: true }).click();
    await page.locator('[aria-label=loss][data-points="3"]').waitFor();
    const saved = `${tmpdir()}/clary-console-epochs-${process.pid}.csv`;
    const [data] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save the data of loss as CSV' }).click()]);
    await data.saveAs(saved);
    expect(readFileSync(saved, 'utf8').trim().split('\r\n')).toEqual(['run,epoch,loss', 'Alone,1,0.75', 'Alone,2,0.375', 'Alone,3,0.125']);
    rmSync(saved);
    await expectAccessible(page);
  });

  test('components of no trial have a place', async () => {
    await open('/unassigned');
    const names = (await rowsOf(page, 'Unassigned trial components')).map((row) => row[0]);
    expect(names).toContain('Alone');
    expect(names).not.toContain('Preprocessing');
    await expectAccessible(page);
  });
});
