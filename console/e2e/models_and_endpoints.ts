import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { expectAccessible, rowsOf, valueOf } from './browser';
import { ground, heading, open, page, shot } from './stage';

describe('models and endpoints', () => {
  test('an endpoint is made of a model, by a form that checks', async () => {
    await open('/models');
    expect((await rowsOf(page, 'Models')).map((row) => row[0]).sort()).toEqual(['made-of-trained', 'served', 'trained']);
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
    expect((await rowsOf(page, 'Batch transform jobs')).map((row) => row.slice(0, 2))).toContainEqual(['transformed', 'Completed']);
  });

  test('tags of a model are edited', async () => {
    await open('/models/served');
    expect(await rowsOf(page, 'Tags')).toEqual([['team', 'blue']]);
    await page.getByRole('button', { name: 'Edit tags' }).click();
    const form = page.getByRole('dialog');
    await form.getByRole('button', { name: 'Add tag' }).click();
    await form.getByLabel('Key 2').fill('team');
    await form.getByRole('button', { name: 'Save' }).click();
    await form.getByText('This key is there twice.').first().waitFor();
    await form.getByLabel('Key 2').fill('stage');
    await form.getByLabel('Value 2').fill('try @ 1');
    await form.getByRole('button', { name: 'Remove team' }).click();
    await expectAccessible(page);
    await form.getByRole('button', { name: 'Save' }).click();
    await form.waitFor({ state: 'detached' });
    const { ModelArn } = await ground.boto3<{ ModelArn: string }>('sagemaker', 'describe_model', { ModelName: 'served' });
    const { Tags } = await ground.boto3<{ Tags: object[] }>('sagemaker', 'list_tags', { ResourceArn: ModelArn });
    expect(Tags).toEqual([{ Key: 'stage', Value: 'try @ 1' }]);
    await expect.poll(() => rowsOf(page, 'Tags')).toEqual([['stage', 'try @ 1']]);
  });

  test('what is hostile in an environment stays text', async () => {
    await open('/models/served');
    expect(Object.fromEntries(await rowsOf(page, 'Environment')).NOTE).toBe(ground.facts.hostile);
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

  test('invocations, errors and latencies are charted', async () => {
    const dimensions = [{ Name: 'EndpointName', Value: 'served' }, { Name: 'VariantName', Value: 'AllTraffic' }];
    const now = Date.now() / 1000;
    const total = async (metric: string) => {
      const { Datapoints } = await ground.boto3<{ Datapoints: { Sum: number }[] }>('cloudwatch', 'get_metric_statistics', {
        Namespace: 'AWS/SageMaker', MetricName: metric, Dimensions: dimensions, Period: 60, Statistics: ['Sum'],
        StartTime: new Date((now - 3600) * 1000).toISOString(), EndTime: new Date((now + 3600) * 1000).toISOString(),
      });
      return Datapoints.reduce((sum, point) => sum + point.Sum, 0);
    };
    // Three requests by now: two that went well, one that did not.
    await expect.poll(() => total('Invocations')).toBe(3);
    await open('/endpoints/served?tab=metrics');
    await expect.poll(() => page.locator('[data-drawn=true]').count()).toBe(4);
    const charted = async (title: string) => {
      const saved = `${tmpdir()}/clary-console-metrics-${process.pid}.csv`;
      const [data] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: `Save the data of ${title} as CSV` }).click()]);
      await data.saveAs(saved);
      const lines = readFileSync(saved, 'utf8').trim().split('\r\n').slice(1).map((line) => line.split(','));
      rmSync(saved);
      return lines;
    };
    const sum = (lines: string[][], series: string) => lines.filter((line) => line[0] === series).reduce((all, line) => all + Number(line[2]), 0);
    expect(sum(await charted('Invocations'), 'Invocations')).toBe(3);
    const errors = await charted('Errors');
    expect([sum(errors, '4XX errors'), sum(errors, '5XX errors')]).toEqual([await total('Invocation4XXErrors'), await total('Invocation5XXErrors')]);
    expect(sum(errors, '4XX errors') + sum(errors, '5XX errors')).toBe(1);
    const latency = await charted('Model latency');
    expect(new Set(latency.map((line) => line[0]))).toEqual(new Set(['p50', 'p90', 'p99']));
    expect(latency.every((line) => Number(line[2]) > 0)).toBe(true);
    await expectAccessible(page);
    await page.evaluate(() => scrollTo(0, 0));
    await shot('endpoint_metrics');
  });

  test('an endpoint gets another configuration', async () => {
    await open('/endpoints/served');
    await page.getByRole('button', { name: 'Update', exact: true }).click();
    const form = page.getByRole('dialog');
    await form.getByLabel('Endpoint configuration').click();
    await page.getByRole('option', { name: 'heavier', exact: true }).click();
    await expectAccessible(page);
    await form.getByRole('button', { name: 'Update', exact: true }).click();
    await form.waitFor({ state: 'detached' });
    await expect.poll(() => valueOf(page, 'Endpoint configuration')).toBe('heavier');
    await expect.poll(async () => (await rowsOf(page, 'Production variants'))[0]?.[3]).toBe('2');
    await expect.poll(() => valueOf(page, 'Status')).toBe('InService');
    const told = await ground.boto3<{ EndpointConfigName: string }>('sagemaker', 'describe_endpoint', { EndpointName: 'served' });
    expect(told.EndpointConfigName).toBe('heavier');
    await page.getByRole('link', { name: 'heavier' }).click();
    await heading('heavier').waitFor();
    expect((await rowsOf(page, 'Production variants'))[0]).toEqual(['AllTraffic', 'served', 'ml.m5.large', '1', '2']);
    await expectAccessible(page);
  });

  test('and deleted', async () => {
    await open('/endpoints/clicked');
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await heading(/Endpoints/).waitFor();
    await rowsOf(page, 'Endpoints');
    await page.getByRole('table', { name: 'Endpoints' }).getByText('clicked').waitFor({ state: 'detached' });
    await expect(ground.boto3('sagemaker', 'describe_endpoint', { EndpointName: 'clicked' })).rejects.toThrow('Could not find endpoint');
  });
});
