import { describe, expect, test } from 'vitest';
import { expectAccessible, rowsOf, valueOf } from './browser';
import { ground, heading, open, page, shot } from './stage';

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

  test('are found by name and time, in the order that is asked for', async () => {
    await open('/training-jobs?within=3600');
    const table = page.getByRole('table', { name: 'Training jobs' });
    await table.getByRole('columnheader', { name: 'Name' }).getByRole('button').first().press('Enter'); // the header that sticks lies over it
    const names = async () => (await rowsOf(page, 'Training jobs')).map((row) => row[0]);
    const { TrainingJobSummaries } = await ground.boto3<{ TrainingJobSummaries: { TrainingJobName: string }[] }>('sagemaker', 'list_training_jobs', { SortBy: 'Name', SortOrder: 'Ascending' });
    await expect.poll(names).toEqual(TrainingJobSummaries.map((job) => job.TrainingJobName));
    expect(page.url()).toContain('sort=name');
    await page.getByLabel('Search training jobs').fill('ed');
    await expect.poll(names).toEqual(['failed', 'trained']);
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
    await page.getByLabel('Filter lines').fill('loss=0.0');
    const lines = async () => Number(/\((\d+) lines\)/.exec(await page.getByRole('heading', { name: /^Log/ }).innerText())?.[1]);
    await expect.poll(lines).toBeGreaterThan(0);
    const before = await lines();
    await expect.poll(lines).toBeGreaterThan(before);
    await page.getByLabel('Filter lines').fill('waiting to be');
    await page.getByRole('log').getByText('waiting to be stopped').waitFor();
    await page.getByRole('button', { name: /Instance metrics/ }).click();
    await page.getByRole('img', { name: 'CPU utilization' }).waitFor();
    await page.getByRole('img', { name: 'Memory utilization' }).waitFor();
    const { Metrics } = await ground.boto3<{ Metrics: { MetricName: string }[] }>('cloudwatch', 'list_metrics', {
      Namespace: '/aws/sagemaker/TrainingJobs', Dimensions: [{ Name: 'Host', Value: 'waiting/algo-1' }],
    });
    expect(Metrics.map((metric) => metric.MetricName)).toEqual(expect.arrayContaining(['CPUUtilization', 'MemoryUtilization', 'DiskUtilization']));
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

  test('become models', async () => {
    await open('/training-jobs/trained');
    await page.getByRole('button', { name: 'Create model' }).click();
    const form = page.getByRole('dialog');
    await form.getByLabel('Model name').fill('made-of-trained');
    await form.getByLabel('Model data location').fill('model.tar.gz');
    await form.getByRole('button', { name: 'Create' }).click();
    await form.getByText('An S3 address looks like').waitFor();
    const job = await describeJob('trained');
    await form.getByLabel('Model data location').fill(job.ModelArtifacts.S3ModelArtifacts);
    await expectAccessible(page);
    await form.getByRole('button', { name: 'Create' }).click();
    await heading('made-of-trained').waitFor();
    await expect.poll(() => valueOf(page, 'Training job')).toBe('trained');
    const { PrimaryContainer } = await ground.boto3<{ PrimaryContainer: { Image: string; ModelDataUrl: string; Environment: Record<string, string> } }>('sagemaker', 'describe_model', { ModelName: 'made-of-trained' });
    expect([PrimaryContainer.Image, PrimaryContainer.ModelDataUrl]).toEqual([job.AlgorithmSpecification.TrainingImage, job.ModelArtifacts.S3ModelArtifacts]);
    expect(PrimaryContainer.Environment.SAGEMAKER_PROGRAM).toBe('train.py');
  });

  test('and batch transform jobs', async () => {
    await open('/training-jobs/trained');
    await page.getByRole('button', { name: 'Create batch transform job' }).click();
    const form = page.getByRole('dialog');
    await form.getByLabel('Job name').fill('by-trained');
    await form.getByLabel('Input', { exact: true }).fill(`s3://${ground.facts.bucket}/lines/`);
    await form.getByLabel('Output', { exact: true }).fill(`s3://${ground.facts.bucket}/by-trained`);
    await form.getByRole('button', { name: 'Create' }).click();
    await heading('by-trained').waitFor();
    await page.getByText('Completed', { exact: true }).first().waitFor();
    expect(await valueOf(page, 'Model')).toBe('trained');
    const { Body } = await ground.boto3<{ Body: string }>('s3', 'get_object', { Bucket: ground.facts.bucket, Key: 'by-trained/input.csv.out' });
    expect(Body.trim()).toBe('7.0,14.0');
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

test('processing and batch transform jobs are cloned', async () => {
  await open('/processing-jobs/prepared');
  await page.getByRole('button', { name: 'Clone' }).click();
  const form = page.getByRole('dialog');
  await form.getByLabel('Job name').fill('prepared-again');
  await form.getByLabel('Environment').fill('{"LEVEL": "2"}');
  await expectAccessible(page);
  await form.getByRole('button', { name: 'Create' }).click();
  await heading('prepared-again').waitFor();
  await page.getByText('Completed', { exact: true }).first().waitFor();
  interface Processing {
    AppSpecification: object;
    ProcessingInputs: object[];
    Environment: object;
  }
  const [old, made] = await Promise.all(
    ['prepared', 'prepared-again'].map((name) => ground.boto3<Processing>('sagemaker', 'describe_processing_job', { ProcessingJobName: name })),
  );
  expect([made?.AppSpecification, made?.ProcessingInputs]).toEqual([old?.AppSpecification, old?.ProcessingInputs]);
  expect(made?.Environment).toEqual({ LEVEL: '2' });

  await open('/transform-jobs/by-trained');
  await page.getByRole('button', { name: 'Clone' }).click();
  await form.getByLabel('Job name').fill('by-trained-again');
  await form.getByLabel('Output', { exact: true }).fill(`s3://${ground.facts.bucket}/again`);
  await form.getByRole('button', { name: 'Create' }).click();
  await heading('by-trained-again').waitFor();
  await page.getByText('Completed', { exact: true }).first().waitFor();
  interface Transform {
    TransformInput: object;
    TransformOutput: { AssembleWith?: string };
  }
  const [first, second] = await Promise.all(['by-trained', 'by-trained-again'].map((name) => ground.boto3<Transform>('sagemaker', 'describe_transform_job', { TransformJobName: name })));
  expect([second?.TransformInput, second?.TransformOutput.AssembleWith]).toEqual([first?.TransformInput, first?.TransformOutput.AssembleWith]);
  const { Body } = await ground.boto3<{ Body: string }>('s3', 'get_object', { Bucket: ground.facts.bucket, Key: 'again/input.csv.out' });
  expect(Body.trim()).toBe('7.0,14.0');
});
