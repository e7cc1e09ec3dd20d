import { describe, expect, test } from 'vitest';
import { expectAccessible } from './browser';
import { browser, context, ground, heading, open, page } from './stage';

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
