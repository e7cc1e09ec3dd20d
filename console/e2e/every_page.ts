import { expect, test } from 'vitest';
import { expectAccessible, rowsOf } from './browser';
import { heading, open, page } from './stage';

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
