// Customer service: an order is found, its money goes back, a buyer is banned, and the log says who did it.

import type { Page } from '@playwright/test';

import { violations } from '../support/axe.ts';
import { SandboxPage } from '../support/pages/sandbox-page.ts';
import { signInAtOnce } from '../support/staff.ts';
import { expect, test } from '../support/test.ts';
import { visit } from '../support/visit.ts';

/** Opens a folded step, gives a reason, and confirms with a password. */
async function confirm(page: Page, step: string, password: string, button: string): Promise<void> {
  const form = page.getByRole('main').locator('details');
  if (!(await form.evaluate((details: HTMLDetailsElement) => details.open))) {
    await form.getByText(step).click();
  }
  await form.getByLabel('Why (for the log)').fill('Arrived broken');
  await form.getByLabel('Your password').fill(password);
  await form.getByRole('button', { name: button }).click();
}

test('the money of an order goes back after a wrong password, and the log says who and why', async ({
  shop,
  page,
  browser,
  unpaidOrder,
  quiet,
}) => {
  const { orderId, order } = await unpaidOrder();
  await order.payButton.click();
  await new SandboxPage(page).button('Pay').click();
  await expect(order.state).toHaveText('Paid', { timeout: 20_000 });

  quiet.expectStatus(422);
  const context = await browser.newContext({ baseURL: shop.url });
  quiet.watch(context);
  const desk = await context.newPage();
  const password = await signInAtOnce(desk, shop);
  await visit(desk, '/admin/orders');
  const number = orderId.replaceAll('-', '').slice(-10).toUpperCase();
  await desk.getByRole('searchbox').fill(number);
  await desk.keyboard.press('Enter');
  await expect(desk.getByRole('main').getByRole('row')).toHaveCount(2);
  await desk.getByRole('link', { name: number }).click();
  await confirm(desk, 'Give the money back…', 'not the password', 'Give the money back');
  await expect(desk.getByRole('alert')).toHaveText('That is not your password.');
  await expect(desk.getByLabel('Why (for the log)')).toHaveValue('Arrived broken');
  await confirm(desk, 'Give the money back…', password, 'Give the money back');
  await expect(desk.getByRole('main')).toContainText('A refund was begun by 管理员');
  // A paid order's page no longer updates by itself.
  await page.reload();
  await expect(order.state).toHaveText(/Being refunded|Refunded/);

  await visit(desk, `/admin/log?subject=${orderId}`);
  await expect(desk.getByRole('main')).toContainText('gave the money of an order back');
  await expect(desk.getByRole('main')).toContainText('Why: Arrived broken');
  await context.close();
});

test('a banned buyer does not buy', async ({ shop, page, somebody }) => {
  const round = await shop.round({ stock: 3 });
  const buyer = await somebody(round.tokens[0]!);
  await buyer.buy(round.itemId);
  const password = await signInAtOnce(page, shop);
  await visit(page, `/admin/orders?item=${round.itemId}`);
  await page.getByRole('row').nth(1).getByRole('link').nth(1).click();
  await confirm(page, 'Keep from buying…', password, 'Keep from buying');
  await expect(page.getByRole('main')).toContainText('May not buy');
  await confirm(page, 'Let them buy again…', password, 'Let them buy again');
  await expect(page.getByRole('main')).not.toContainText('May not buy');
});

for (const locale of ['en-US', 'zh-CN'] as const) {
  test.describe(locale, () => {
    test.use({ locale });

    test('the pages are accessible and fit on a phone and on a desktop', async ({ shop, page, somebody }) => {
      const round = await shop.round({ stock: 3 });
      const buyer = await somebody(round.tokens[0]!);
      const orderId = await buyer.buy(round.itemId);
      await signInAtOnce(page, shop);
      await visit(page, '/admin/orders');
      const buyerPage = await page
        .locator('a[href^="/admin/buyers/"]')
        .first()
        .getAttribute('href');
      const paths = ['/admin/orders', `/admin/orders/${orderId}`, '/admin/buyers', buyerPage!];
      for (const path of [...paths, '/admin/money', '/admin/log']) {
        await visit(page, path);
        for (const width of [390, 1280]) {
          await page.setViewportSize({ width, height: 844 });
          expect((await violations(page)).map(({ id }) => id)).toEqual([]);
          const wide = await page.evaluate(() => document.documentElement.scrollWidth);
          expect(wide, path).toBeLessThanOrEqual(width);
        }
      }
    });
  });
}
