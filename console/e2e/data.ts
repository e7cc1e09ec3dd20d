import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { expectAccessible, rowsOf } from './browser';
import { ground, open, page } from './stage';

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

  test('makes buckets and folders', async () => {
    await open(objects.slice(0, -1));
    await page.getByRole('button', { name: 'Create bucket' }).click();
    const form = page.getByRole('dialog');
    await form.getByLabel('Bucket name').fill('Upper');
    await form.getByRole('button', { name: 'Create', exact: true }).click();
    await form.getByText('A bucket name has lower-case letters').waitFor();
    await form.getByLabel('Bucket name').fill(ground.facts.bucket);
    await form.getByRole('button', { name: 'Create', exact: true }).click();
    await form.getByText(`There is a bucket ${ground.facts.bucket} already.`).waitFor();
    await expectAccessible(page);
    await form.getByLabel('Bucket name').fill('made-in-console');
    await form.getByRole('button', { name: 'Create', exact: true }).click();
    await form.waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'made-in-console' }).click();
    await page.getByText('No objects').waitFor();
    const folder = async (name: string) => {
      await page.getByRole('button', { name: 'Create folder' }).click();
      await form.getByLabel('Folder name').fill(name);
      await form.getByRole('button', { name: 'Create', exact: true }).click();
    };
    await folder('a/b');
    await form.getByText('A folder name has no slash.').waitFor();
    await form.getByLabel('Folder name').fill('für alle');
    await form.getByRole('button', { name: 'Create', exact: true }).click();
    await page.getByRole('link', { name: 'für alle/' }).click();
    await page.getByRole('table', { name: 'Objects' }).getByText('für alle/').waitFor(); // the empty object that it is
    await folder('deeper');
    await form.waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'deeper/' }).waitFor();
    await expectAccessible(page);
    const { Contents } = await ground.boto3<{ Contents: { Key: string; Size: number }[] }>('s3', 'list_objects_v2', { Bucket: 'made-in-console' });
    expect(Contents.map((object) => [object.Key, object.Size])).toEqual([['für alle/', 0], ['für alle/deeper/', 0]]);
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

test('an upload tells how far it is', async () => {
  await open(`/s3/${ground.facts.bucket}?prefix=uploads%2F`);
  await page.getByText('No objects').waitFor();
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 1_500_000 });
  await page.locator('input[type=file]').setInputFiles({ name: 'large.bin', mimeType: 'application/octet-stream', buffer: Buffer.alloc(12_000_000, 7) });
  const bar = page.getByRole('progressbar', { name: 'Upload' });
  await expect.poll(async () => Number(await bar.getAttribute('value'))).toBeGreaterThan(0);
  await page.getByText('large.bin was uploaded.').waitFor();
  await session.detach();
  const { ContentLength } = await ground.boto3<{ ContentLength: number }>('s3', 'head_object', { Bucket: ground.facts.bucket, Key: 'uploads/large.bin' });
  expect(ContentLength).toBe(12_000_000);
  // The list is looked up again once the upload is told of.
  await expect.poll(async () => (await rowsOf(page, 'Objects')).map((row) => row.slice(0, 2))).toEqual([['large.bin', '12.0 MB']]);
});

test('log groups are found by a part of their name', async () => {
  await open('/logs?search=Endpoints');
  expect((await rowsOf(page, 'Log groups')).map((row) => row[0])).toContain('/aws/sagemaker/Endpoints/served');
  expect(await page.getByRole('link', { name: '/aws/sagemaker/TrainingJobs' }).count()).toBe(0);
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
