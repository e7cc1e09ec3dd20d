import { expect, test } from 'vitest';
import { expectAccessible, rowsOf, valueOf } from './browser';
import { ground, open, page, shot } from './stage';

test('home shows what runs, serves and failed, with its reason', async () => {
  await open('/');
  expect((await rowsOf(page, 'Running jobs')).map((row) => row[0])).toContain('waiting');
  expect(await rowsOf(page, 'Endpoints')).toEqual([['served', 'InService', expect.any(String)]]);
  const { FailureReason } = await ground.boto3<{ FailureReason: string }>('sagemaker', 'describe_training_job', { TrainingJobName: 'failed' });
  const failed = (await rowsOf(page, 'Recent failures')).find((row) => row[0] === 'failed');
  expect(failed?.[3]?.replace(/\s+/g, ' ')).toBe(FailureReason.replace(/\s+/g, ' ').trim());
  // Other jobs of the ground come and go meanwhile.
  await expect.poll(async () => {
    const { slots } = JSON.parse(await ground.clary('status', '--json')) as { slots: { total: { cpus: number }; used: { cpus: number } } };
    return (await valueOf(page, 'CPUs')).includes(`${slots.used.cpus} of ${slots.total.cpus} used`);
  }).toBe(true);
  expect(await valueOf(page, 'Jobs waiting for room')).toBe('0');
  await expectAccessible(page);
  await shot('home');
});
