// What all tests of the console share: one server, one browser, one page; and the few steps that many of them take.
import { mkdirSync } from 'node:fs';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { Watch, launch } from './browser';
import { Ground } from './ground';

export let ground: Ground;
export let browser: Browser;
export let context: BrowserContext;
export let page: Page;
let watch: Watch;
const shots = process.env.CLARY_TEST_SCREENSHOTS;

export function setStage(): void {
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
}

export const open = (path: string) => page.goto(`${ground.facts.url}/-/console${path}`);
export const heading = (name: string | RegExp) => page.getByRole('heading', { level: 1, name });

// For the README, where asked for.
export async function shot(name: string, height = 800): Promise<void> {
  if (!shots) return;
  mkdirSync(shots, { recursive: true });
  await page.setViewportSize({ width: 1280, height });
  await page.screenshot({ path: `${shots}/${name}.png` });
  await page.setViewportSize({ width: 1280, height: 800 });
}
