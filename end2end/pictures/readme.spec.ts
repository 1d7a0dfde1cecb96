// The README's pictures, taken from the demonstration shop: `make pictures`.

import { join } from 'node:path';

import type { Page } from '@playwright/test';

import { expect, test } from '../support/test.ts';
import { visit } from '../support/visit.ts';

const folder = join(import.meta.dirname, '../../docs/images');
const desk = { width: 1280, height: 800 };
const phone = { width: 390, height: 844 };

async function shoot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' });
}

/** The page of the first item of a round, as the start page lists them. */
async function openItem(page: Page, round: string): Promise<void> {
  await visit(page, '/');
  const section = page.locator('section.round').filter({ hasText: round });
  const link = await section.locator('.card a').first().getAttribute('href');
  await visit(page, link!);
}

test('the list on a desk, the item before the start, the question, the won order', async ({
  page,
  shop,
  item,
  signIn,
}) => {
  const { tokens } = await shop.round({});
  await signIn(tokens[0]!);
  await page.setViewportSize(desk);
  await visit(page, '/');
  await expect(page.locator('.stock-bar').first()).toContainText(/\d/);
  await shoot(page, 'list');

  await openItem(page, 'Tomorrow');
  await item.reaches('before');
  await shoot(page, 'item-before');

  await openItem(page, 'Desk and coffee');
  await item.reaches('open');
  await item.action.click();
  await item.captcha.picture.waitFor();
  await shoot(page, 'question');
  await item.captcha.solve();
  await item.reaches('won');
  await shoot(page, 'item-won');
});

test('the same shop on a phone, in Chinese and in the dark', async ({ browser, shop }) => {
  const context = await browser.newContext({
    locale: 'zh-CN',
    colorScheme: 'dark',
    viewport: phone,
    deviceScaleFactor: 2,
  });
  const page = await context.newPage();
  await page.goto(shop.url);
  await visit(page, '/');
  await shoot(page, 'list-phone-dark');
  await openItem(page, '书桌与咖啡');
  await shoot(page, 'item-phone-dark');
  await context.close();
});
