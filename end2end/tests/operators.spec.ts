// Operators: the rounds with their units, and the stop button.

import type { Page } from '@playwright/test';

import { violations } from '../support/axe.ts';
import { signInAtOnce } from '../support/staff.ts';
import { expect, test } from '../support/test.ts';
import { visit } from '../support/visit.ts';

async function signInAs(page: Page, mobile: string, password: string): Promise<void> {
  await page.getByLabel('Mobile number').fill(mobile);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('main').getByRole('button').click();
}

test('an operator stops and resumes a round, and shoppers see both at once', async ({
  shop,
  page,
  signedIn,
}) => {
  const round = await shop.round({ stock: 3 });
  const shopper = await signedIn(round.tokens[0]!);
  const password = await shop.addStaff('13912340001', '小王', 'operator');
  await page.goto('/admin/rounds');
  await expect(page).toHaveURL(/\/login/);
  await signInAs(page, '13912340001', password);
  await expect(page).toHaveURL(/\/admin\/rounds$/);
  const card = page.locator(`article[aria-labelledby="round-${round.roundId}"]`);
  await expect(card.getByRole('row').nth(1)).toContainText(/¥99\s*3\s*0\s*0\s*3/);

  await card.getByText('Stop this round…').click();
  await card.getByLabel('What shoppers read (English)').fill('Counting stock');
  await card.getByRole('button', { name: 'Stop now' }).click();
  await expect(card).toContainText('Shoppers read: Counting stock');
  await visit(shopper, `/items/${round.itemId}`);
  await expect(shopper.getByRole('main')).toContainText('Counting stock');

  await card.getByRole('button', { name: 'Let it go on' }).click();
  await expect(card).not.toContainText('Counting stock');
  await visit(shopper, `/items/${round.itemId}`);
  await expect(shopper.getByRole('main')).not.toContainText('Counting stock');
});

test('shoppers and signed-out visitors cannot open the pages', async ({ shop, page, signIn, quiet }) => {
  quiet.expectStatus(403);
  await page.goto('/admin/rounds');
  await expect(page).toHaveURL(/\/login\?next=/);
  const round = await shop.round({});
  await signIn(round.tokens[0]!);
  const answer = await page.goto('/admin/rounds');
  expect(answer?.status()).toBe(403);
});

test('an administrator makes a round by the form, with a mistake on the way, and copies it', async ({
  shop,
  page,
  quiet,
}) => {
  quiet.expectStatus(422);
  const password = await shop.addStaff('13912340004', '店长', 'admin');
  await page.goto('/login');
  await signInAs(page, '13912340004', password);
  await expect(page).toHaveURL(/\/admin\/rounds$/);
  await page.getByRole('link', { name: 'New round' }).click();
  const fill = async (label: string, text: string) => page.getByLabel(label).first().fill(text);
  await fill('Name of the round (Chinese)', '午间场');
  await fill('Name of the round (English)', 'At noon');
  await fill('Opens at', '2031-05-01T12:00');
  await fill('Closes at', '2031-05-01T11:00');
  await fill('Name of the product (Chinese)', '台灯');
  await fill('Name of the product (English)', 'Desk lamp');
  await fill('Description (Chinese)', '好灯。');
  await fill('Path of the picture', '/products/lamp.svg');
  await fill('Ordinary price', '299');
  await fill('Price in this round', '99.50');
  await page.getByLabel('Units').first().fill('20');
  await page.getByRole('button', { name: 'Check' }).click();
  const end = page.getByLabel('Closes at');
  await expect(end).toBeFocused();
  await expect(end).toHaveAccessibleDescription(/The end lies after the start/);
  await expect(page.getByLabel('Name of the product (English)').first()).toHaveValue('Desk lamp');
  await end.fill('2031-05-01T14:00');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('status')).toContainText('units: 20; sold out, they come to ¥1990.00');
  await page.getByRole('button', { name: 'Add it to the shop' }).click();
  await expect(page).toHaveURL(/\/admin\/rounds$/);
  const card = page.getByRole('article').filter({ hasText: 'At noon' });
  await expect(card.getByRole('row').nth(1)).toContainText(/Desk lamp\s*¥99.50\s*20\s*0\s*0\s*20/);
  await card.getByRole('link', { name: 'Copy this round' }).click();
  await expect(page.getByLabel('Price in this round').first()).toHaveValue('99.50');
  await visit(page, '/');
  await expect(page.getByRole('main')).toContainText('Desk lamp');
});

for (const locale of ['en-US', 'zh-CN'] as const) {
  test.describe(locale, () => {
    test.use({ locale });

    test('the pages are accessible and fit on a phone and on a desktop', async ({ shop, page }) => {
      await shop.round({ stock: 3 });
      await signInAtOnce(page, shop);
      for (const path of ['/admin/rounds', '/admin/rounds/new']) {
        await visit(page, path);
        // Its form to stop a round.
        if (path === '/admin/rounds') await page.locator('summary').first().click();
        for (const width of [390, 1280]) {
          await page.setViewportSize({ width, height: 844 });
          expect((await violations(page)).map(({ id }) => id)).toEqual([]);
          const wide = await page.evaluate(() => document.documentElement.scrollWidth);
          expect(wide).toBeLessThanOrEqual(width);
        }
      }
    });
  });
}

test('a round that an operator prepares is sold after a reviewer has approved it', async ({
  shop,
  page,
  browser,
  quiet,
}) => {
  const password = await shop.addStaff('13912340021', '小王', 'operator');
  await page.goto('/login');
  await signInAs(page, '13912340021', password);
  await page.getByRole('link', { name: 'New round' }).click();
  const fill = async (label: string, text: string) => page.getByLabel(label).first().fill(text);
  await fill('Name of the round (Chinese)', '早场');
  await fill('Name of the round (English)', 'In the morning');
  await fill('Opens at', '2031-06-01T08:00');
  await fill('Closes at', '2031-06-01T09:00');
  await fill('Name of the product (Chinese)', '茶杯');
  await fill('Name of the product (English)', 'Tea cup');
  await fill('Description (Chinese)', '好杯子。');
  await fill('Path of the picture', '/products/mug.svg');
  await fill('Ordinary price', '29');
  await fill('Price in this round', '9.90');
  await page.getByLabel('Units').first().fill('20');
  await page.getByRole('button', { name: 'Check' }).click();
  await page.getByRole('button', { name: 'Add it to the shop' }).click();
  const prepared = page.getByRole('article').filter({ hasText: 'In the morning' });
  await expect(prepared).toContainText('Waits for approval');
  await expect(prepared.getByRole('button', { name: 'Approve' })).toHaveCount(0);
  await visit(page, '/');
  await expect(page.getByRole('main')).not.toContainText('Tea cup');

  const context = await browser.newContext({ baseURL: shop.url });
  quiet.watch(context);
  const reviewer = await context.newPage();
  const other = await shop.addStaff('13912340022', '小李', 'reviewer');
  await reviewer.goto('/login');
  await signInAs(reviewer, '13912340022', other);
  const waiting = reviewer.getByRole('article').filter({ hasText: 'In the morning' });
  await expect(waiting).toContainText('Prepared by 小王');
  await waiting.getByRole('button', { name: 'Approve' }).focus();
  await reviewer.keyboard.press('Enter');
  await expect(waiting).toContainText('Not open yet');
  await context.close();
  await visit(page, '/');
  await expect(page.getByRole('main')).toContainText('Tea cup');
});
