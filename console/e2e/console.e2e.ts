// The console as a user has it: the real binary, real jobs, and boto3 to compare with.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Watch, expectAccessible, launch, rowsOf, valueOf } from './browser';
import { Ground } from './ground';

let ground: Ground, browser: Browser, context: BrowserContext, watch: Watch, page: Page;
const shots = process.env.CLARY_TEST_SCREENSHOTS;

beforeAll(async () => {
  [ground, browser] = await Promise.all([Ground.start(), launch()]);
  context = await browser.newContext({ viewport: { width: 1280, height: 800 }, timezoneId: 'Europe/Berlin', locale: 'en-GB', acceptDownloads: true });
  watch = new Watch(context, ground.facts.url);
  page = await context.newPage();
});

afterAll(async () => {
  await browser?.close();
  await ground?.end();
});

afterEach(() => expect(watch.take()).toEqual([]));

const open = (path: string) => page.goto(`${ground.facts.url}/-/console${path}`);
const heading = (name: string | RegExp) => page.getByRole('heading', { level: 1, name });

// For the README, where asked for.
async function shot(name: string): Promise<void> {
  if (!shots) return;
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: `${shots}/${name}.png` });
}

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

describe('signing in', () => {
  test('by a link, once', async () => {
    const link = await ground.link();
    await page.goto(link);
    await heading('Home').waitFor();
    expect(page.url()).toBe(`${ground.facts.url}/-/console/`);
    const kept = await page.evaluate(() => JSON.stringify({ ...sessionStorage }) + JSON.stringify({ ...localStorage }) + document.cookie);
    expect(kept).toContain('ASIA');
    expect(kept).not.toContain(ground.facts.accessKeyId);
    const other = await browser.newContext();
    const second = await other.newPage();
    await second.goto(link);
    await second.getByText('was used before').waitFor();
    await expectAccessible(second);
    await other.close();
  });

  test('a new tab has what the old one has, and log-out reaches both', async () => {
    const tab = await context.newPage();
    await tab.goto(`${ground.facts.url}/-/console/models`);
    await tab.getByRole('heading', { level: 1, name: 'Models' }).waitFor();
    await tab.getByRole('button', { name: 'Log out' }).first().click();
    await tab.getByRole('heading', { name: 'Sign in by a link' }).waitFor();
    await page.getByRole('heading', { name: 'Sign in by a link' }).waitFor();
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
    await tab.close();
  });

  test('with a key pair, which is not kept', async () => {
    await open('/training-jobs');
    await page.getByLabel('Access key ID').fill(ground.facts.accessKeyId);
    await page.getByLabel('Secret access key').fill('wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('signature').first().waitFor();
    await page.getByLabel('Secret access key').fill(ground.facts.secretAccessKey);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await heading(/Training jobs/).waitFor();
    const kept = await page.evaluate(() => JSON.stringify({ ...sessionStorage }));
    expect(kept).toContain('ASIA');
    expect(kept).not.toContain(ground.facts.secretAccessKey);
  });
});

test('home shows what runs, serves and failed, with its reason', async () => {
  await open('/');
  expect((await rowsOf(page, 'Running jobs')).map((row) => row[0])).toContain('waiting');
  expect(await rowsOf(page, 'Endpoints')).toEqual([['served', 'InService', expect.any(String)]]);
  const { FailureReason } = await ground.boto3<{ FailureReason: string }>('sagemaker', 'describe_training_job', { TrainingJobName: 'failed' });
  const failed = (await rowsOf(page, 'Recent failures')).find((row) => row[0] === 'failed');
  expect(failed?.[3]?.replace(/\s+/g, ' ')).toBe(FailureReason.replace(/\s+/g, ' ').trim());
  await expectAccessible(page);
  await shot('home');
});

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
    await page.getByRole('img', { name: 'loss', exact: true }).scrollIntoViewIfNeeded();
    await shot('compare');
    await page.getByRole('button', { name: 'Remove loss', exact: true }).click();
    await expect.poll(() => drawn.count()).toBe(4);
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

  test('components of no trial have a place', async () => {
    await open('/unassigned');
    const names = (await rowsOf(page, 'Unassigned trial components')).map((row) => row[0]);
    expect(names).toContain('Alone');
    expect(names).not.toContain('Preprocessing');
    await expectAccessible(page);
  });
});

describe('training jobs', () => {
  interface Job {
    TrainingJobArn: string;
    TrainingJobStatus: string;
    AlgorithmSpecification: { TrainingImage: string };
    ModelArtifacts: { S3ModelArtifacts: string };
    FinalMetricDataList: { MetricName: string; Value: number }[];
  }
  const describeJob = (name: string) => ground.boto3<Job>('sagemaker', 'describe_training_job', { TrainingJobName: name });

  test('are listed, by status', async () => {
    await open('/training-jobs?status=Completed');
    expect((await rowsOf(page, 'Training jobs')).map((row) => row.slice(0, 2))).toEqual([['trained', 'Completed']]);
    await expectAccessible(page);
  });

  test('have every section', async () => {
    await open('/training-jobs/trained');
    const job = await describeJob('trained');
    await heading('trained').waitFor();
    expect(await valueOf(page, 'ARN')).toBe(job.TrainingJobArn);
    expect(await valueOf(page, 'Training image')).toBe(job.AlgorithmSpecification.TrainingImage);
    expect(await valueOf(page, 'S3 model artifact')).toBe(job.ModelArtifacts.S3ModelArtifacts);
    expect((await rowsOf(page, 'Metrics')).map((row) => row.slice(0, 2))).toEqual(job.FinalMetricDataList.map((metric) => [metric.MetricName, String(Number(metric.Value.toPrecision(6)))]));
    expect(Object.fromEntries(await rowsOf(page, 'Hyperparameters')).sagemaker_program).toBe('train.py');
    await page.getByRole('log').getByText('epoch 199').waitFor();
    await page.getByLabel('Filter lines').fill('epoch 17;');
    await page.getByRole('log').getByText('epoch 199').waitFor({ state: 'detached' });
    expect((await page.getByRole('log').innerText()).trim()).toContain('epoch 17; accuracy=0.0850;');
    await page.getByLabel('Filter lines').fill('onerror');
    await page.getByRole('log').getByText(ground.facts.hostile.slice(0, 20)).waitFor();
    await expectAccessible(page);
    await page.getByLabel('Filter lines').fill('');
    await page.evaluate(() => scrollTo(0, 0));
    await shot('training_job');
  });

  test('follow the log, and stop', async () => {
    await open('/training-jobs/waiting');
    await page.getByRole('log').getByText('waiting to be stopped').waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Stop' }).click();
    await page.getByText('Stopped', { exact: true }).first().waitFor();
    expect((await describeJob('waiting')).TrainingJobStatus).toBe('Stopped');
  });

  test('are cloned with other hyperparameters', async () => {
    await open('/training-jobs/failed');
    await heading('failed').waitFor();
    await page.getByRole('button', { name: 'Clone' }).click();
    const form = page.getByRole('dialog');
    await form.getByLabel('Job name').fill('cloned');
    const text = form.getByLabel('Hyperparameters');
    const parameters = JSON.parse(await text.inputValue()) as Record<string, string>;
    await text.fill('[1]');
    await form.getByRole('button', { name: 'Create' }).click();
    await form.getByText('A JSON object whose values are all texts is needed.').waitFor();
    await text.fill(JSON.stringify({ ...parameters, depth: '3' }));
    await expectAccessible(page);
    await form.getByRole('button', { name: 'Create' }).click();
    await heading('cloned').waitFor();
    const [old, made] = await Promise.all(
      ['failed', 'cloned'].map((name) => ground.boto3<{ HyperParameters: Record<string, string>; AlgorithmSpecification: object; ResourceConfig: object }>('sagemaker', 'describe_training_job', { TrainingJobName: name })),
    );
    expect(made?.HyperParameters).toEqual({ ...old?.HyperParameters, depth: '3' });
    expect([made?.AlgorithmSpecification, made?.ResourceConfig]).toEqual([old?.AlgorithmSpecification, old?.ResourceConfig]);
  });

  test('that are not there are told of in the words of the server', async () => {
    await open('/training-jobs/no-such-job');
    await page.getByText('Requested resource not found.').waitFor();
  });
});

test('processing jobs show their outputs and log', async () => {
  await open('/processing-jobs');
  await page.getByRole('link', { name: 'prepared' }).click();
  await heading('prepared').waitFor();
  await page.getByText('Completed', { exact: true }).first().waitFor();
  expect((await rowsOf(page, 'Outputs'))[0]).toEqual(['all', `s3://${ground.facts.bucket}/prepared/all`, '/opt/ml/processing/output/all', 'EndOfJob']);
  await page.getByRole('log').getByText('prepared').first().waitFor();
  await expectAccessible(page);
});

describe('models and endpoints', () => {
  test('an endpoint is made of a model, by a form that checks', async () => {
    await open('/models');
    expect((await rowsOf(page, 'Models')).map((row) => row[0])).toEqual(['served']);
    await page.getByRole('link', { name: 'served' }).click();
    const model = await ground.boto3<{ PrimaryContainer: { Image: string; ModelDataUrl: string } }>('sagemaker', 'describe_model', { ModelName: 'served' });
    expect(await valueOf(page, 'Image')).toBe(model.PrimaryContainer.Image);
    expect(await valueOf(page, 'Model data location')).toBe(model.PrimaryContainer.ModelDataUrl);
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Create endpoint' }).click();
    await page.getByLabel('Endpoint name').fill('under_score');
    await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
    await page.getByText('letters, digits and hyphens').waitFor();
    await page.getByLabel('Endpoint name').fill('clicked');
    await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
    await heading('clicked').waitFor();
    await page.getByText('InService', { exact: true }).first().waitFor();
    const made = await ground.boto3<{ EndpointStatus: string; ProductionVariants: object[] }>('sagemaker', 'describe_endpoint', { EndpointName: 'clicked' });
    expect(made.EndpointStatus).toBe('InService');
    const variants = await rowsOf(page, 'Production variants');
    expect(variants[0]?.slice(0, 7)).toEqual(['AllTraffic', 'served', 'ml.m5.large', '1', '1', '1', '1']);
    await expectAccessible(page);
  });

  test('a batch transform job is made of a model', async () => {
    await open('/models/served');
    await page.getByRole('button', { name: 'Create batch transform job' }).click();
    const form = page.getByRole('dialog');
    await form.getByLabel('Job name').fill('transformed');
    await form.getByLabel('Output', { exact: true }).fill(`s3://${ground.facts.bucket}/transformed`);
    await form.getByRole('button', { name: 'Create' }).click();
    await form.getByText('An S3 address looks like').first().waitFor();
    await form.getByLabel('Input', { exact: true }).fill(`s3://${ground.facts.bucket}/lines/`);
    await expectAccessible(page);
    await form.getByRole('button', { name: 'Create' }).click();
    await heading('transformed').waitFor();
    await page.getByText('Completed', { exact: true }).first().waitFor();
    expect(await valueOf(page, 'S3 location')).toBe(`s3://${ground.facts.bucket}/lines/`);
    await expectAccessible(page);
    const { Body } = await ground.boto3<{ Body: string }>('s3', 'get_object', { Bucket: ground.facts.bucket, Key: 'transformed/input.csv.out' });
    expect(Body.trim()).toBe('7.0,14.0');
    await open('/transform-jobs?status=Completed');
    expect((await rowsOf(page, 'Batch transform jobs')).map((row) => row.slice(0, 2))).toEqual([['transformed', 'Completed']]);
  });

  test('inference can be tried', async () => {
    await open('/endpoints/served?tab=test');
    await page.getByRole('textbox', { name: 'Body' }).fill('1,2.5');
    await page.getByRole('button', { name: 'Send request' }).click();
    const shown = await page.getByTestId('inference-answer').innerText();
    const { Body } = await ground.boto3<{ Body: string }>('sagemaker-runtime', 'invoke_endpoint', { EndpointName: 'served', ContentType: 'text/csv', Body: '1,2.5' });
    expect(shown).toBe(Body);
    await expectAccessible(page);
    await shot('endpoint');
    await page.getByRole('textbox', { name: 'Body' }).fill('no number');
    await page.getByRole('button', { name: 'Send request' }).click();
    await page.getByText('ModelError').waitFor();
    await page.getByRole('tab', { name: 'Log' }).click();
    await page.getByRole('log').waitFor();
  });

  test('and deleted', async () => {
    await open('/endpoints/clicked');
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await heading(/Endpoints/).waitFor();
    await page.getByRole('table', { name: 'Endpoints' }).getByText('clicked').waitFor({ state: 'detached' });
    await expect(ground.boto3('sagemaker', 'describe_endpoint', { EndpointName: 'clicked' })).rejects.toThrow('Could not find endpoint');
  });
});

describe('S3', () => {
  const objects = '/s3/';

  test('previews tables, JSON, pictures and text, and runs none of it', async () => {
    const at = (key: string) => `${objects}${ground.facts.bucket}?${new URLSearchParams({ prefix: 'files/', key: `files/${key}` })}`;
    await open(at('table.csv'));
    expect(await rowsOf(page, 'Preview of files/table.csv')).toEqual([['name', 'value'], ['a, b', '1'], ['<b>bold</b>', '2']]);
    await expectAccessible(page);
    await open(at('tree.json'));
    expect(await page.getByTestId('preview').innerText()).toBe(JSON.stringify({ deep: { er: [1, 2] } }, null, 2));
    await open(at('page.html'));
    expect(await page.getByTestId('preview').innerText()).toBe("<script>document.title = 'hacked'</script>");
    await open(at('pixel.png'));
    const picture = page.getByRole('img', { name: 'files/pixel.png' });
    await picture.waitFor();
    await expect.poll(() => picture.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBe(1);
  });

  test('opens folders, hostile names too', async () => {
    await open(`${objects}${ground.facts.bucket}`);
    await page.getByRole('link', { name: 'hostile/' }).click();
    await page.getByRole('table', { name: 'Objects' }).getByText('onerror').waitFor();
    const { Contents } = await ground.boto3<{ Contents: { Key: string }[] }>('s3', 'list_objects_v2', { Bucket: ground.facts.bucket, Prefix: 'hostile/' });
    expect((await rowsOf(page, 'Objects')).map((row) => `hostile/${row[0]}`)).toEqual(Contents.map((object) => object.Key));
    expect(await page.title()).not.toContain('hacked');
  });

  test('uploads, downloads and deletes', async () => {
    await open(`${objects}${ground.facts.bucket}?prefix=files%2F`);
    await rowsOf(page, 'Objects');
    await page.locator('input[type=file]').setInputFiles({ name: 'up & down.txt', mimeType: 'text/plain', buffer: Buffer.from('there and back') });
    await page.getByText('up & down.txt was uploaded.').waitFor();
    const stored = await ground.boto3<{ Body: string; ContentType: string }>('s3', 'get_object', { Bucket: ground.facts.bucket, Key: 'files/up & down.txt' });
    expect([stored.Body, stored.ContentType]).toEqual(['there and back', 'text/plain']);
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download files/up & down.txt' }).click()]);
    expect(download.suggestedFilename()).toBe('up & down.txt');
    const saved = `${tmpdir()}/clary-console-${process.pid}`;
    await download.saveAs(saved);
    expect(readFileSync(saved, 'utf8')).toBe('there and back');
    rmSync(saved);
    await page.getByRole('row', { name: /delete me/ }).getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('files/delete me was deleted.').waitFor();
    const left = await ground.boto3<{ Contents: { Key: string }[] }>('s3', 'list_objects_v2', { Bucket: ground.facts.bucket, Prefix: 'files/' });
    expect(left.Contents.map((object) => object.Key)).not.toContain('files/delete me');
    await expectAccessible(page);
  });
});

test('logs are found by group, stream and filter', async () => {
  await open('/logs');
  await page.getByRole('link', { name: '/aws/sagemaker/TrainingJobs' }).click();
  await page.getByLabel('Filter over all streams').fill('"epoch 42"');
  await page.getByRole('button', { name: 'Filter', exact: true }).click();
  const found = await ground.boto3<{ events: { logStreamName: string; message: string }[] }>('logs', 'filter_log_events', {
    logGroupName: '/aws/sagemaker/TrainingJobs',
    filterPattern: '"epoch 42"',
  });
  expect((await rowsOf(page, 'Matching lines')).map((row) => row.slice(1))).toEqual(found.events.map((event) => [event.logStreamName, event.message]));
  await expectAccessible(page);
});

test('narrow, dark, and by keyboard', async () => {
  await page.setViewportSize({ width: 400, height: 800 });
  await open('/experiments');
  await rowsOf(page, 'Experiments');
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.getByRole('button', { name: 'Light / dark' }).first().click();
  expect(await page.evaluate(() => document.body.classList.contains('awsui-dark-mode'))).toBe(true);
  await expectAccessible(page);
  const time = page.locator('time').first();
  expect(await time.getAttribute('title')).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/);
  await page.getByRole('link', { name: 'churn' }).focus();
  await page.keyboard.press('Enter');
  await heading(/Trials of churn/).waitFor();
  await page.getByRole('button', { name: 'Light / dark' }).first().click();
});
