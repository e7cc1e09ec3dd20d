// Chromium, and what is wanted of every page: nothing serious that axe-core finds, no complaint in its console, no request to another host.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import { expect } from 'vitest';

const flags = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
];
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
export const patience = Number(process.env.CLARY_TEST_PATIENCE ?? 60_000);

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: process.env.CLARY_TEST_CHROMIUM ?? '/usr/bin/chromium', headless: true, args: flags });
}

export class Watch {
  readonly complaints: string[] = [];
  readonly foreign: string[] = [];

  constructor(
    context: BrowserContext,
    private readonly origin: string,
  ) {
    context.on('request', (request) => {
      const address = request.url();
      if (!address.startsWith(`${this.origin}/`) && !/^(data|blob):/.test(address)) this.foreign.push(address);
    });
    context.on('page', (page) => this.follow(page));
  }

  // What went wrong since the last look.
  take(): string[] {
    return [...this.complaints.splice(0), ...this.foreign.splice(0).map((address) => `a request to ${address}`)];
  }

  private follow(page: Page): void {
    page.setDefaultTimeout(patience);
    page.on('console', (message) => {
      // A refused call is told on the page; Chromium adds a line of its own.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('dialog', (dialog) => {
      this.complaints.push(`a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
  }
}

interface Violation {
  id: string;
  impact: string | null;
  nodes: { html: string; failureSummary: string }[];
}

// By the debugger, whose scripts the pages' policy does not bind.
export async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(axeSource);
  const found = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run: (where: Document, options: object) => Promise<{ violations: Violation[] }> } };
    return (await axe.run(document, { resultTypes: ['violations'] })).violations;
  });
  const serious = found.filter((violation) => violation.impact === 'serious' || violation.impact === 'critical');
  expect(serious.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.html.slice(0, 300)).join(' | ')}`)).toEqual([]);
}

// The value beside a name in a page's sections.
export async function valueOf(page: Page, label: string): Promise<string> {
  const value = page.locator('dt', { hasText: new RegExp(`^${label}$`) }).first().locator('xpath=following-sibling::dd[1]');
  return (await value.innerText()).trim();
}

// The cells of a table, row by row, without those that select a row.
export async function rowsOf(page: Page, table: string): Promise<string[][]> {
  const found = page.getByRole('table', { name: table });
  const rows = found.locator('tbody tr');
  await rows.first().waitFor();
  await found.getByText(/^Loading /).waitFor({ state: 'detached' });
  return Promise.all((await rows.all()).map(async (row) => (await row.locator('th, td').filter({ hasNot: page.locator('input[type=checkbox]') }).allInnerTexts()).map((text) => text.trim())));
}
