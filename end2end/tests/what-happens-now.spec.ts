// The staff's live page during a sale, and the switches that close a part of the shop.

import { violations } from '../support/axe.ts';
import { signInAtOnce } from '../support/staff.ts';
import { expect, test } from '../support/test.ts';
import { visit } from '../support/visit.ts';

// A shop of its own for these tests: a switch closes it for everybody.
test.use({ settings: { SECKILL_PAGE_LIFE_S: '30' } });

test('the live page follows a purchase without being loaded again', async ({
  shop,
  page,
  browser,
  quiet,
  somebody,
}) => {
  const round = await shop.round({ stock: 7, buyers: 2 });
  await signInAtOnce(page, shop);
  await visit(page, '/admin');
  await expect(page.getByText('live', { exact: false }).first()).toBeVisible();
  const units = page.locator(`[data-now$=".sellable"]`).filter({ hasText: /^7$/ });
  await expect(units).toHaveCount(1);
  const loaded = await page.evaluate(() => performance.timeOrigin);
  const wall = await (await browser.newContext({ baseURL: shop.url })).newPage();
  quiet.watch(wall.context());
  await wall.context().addCookies(await page.context().cookies());
  await wall.goto('/admin/screen');

  await (await somebody(round.tokens[0]!)).buy(round.itemId);
  for (const screen of [page, wall]) {
    await expect(screen.locator(`[data-now$=".sellable"]`).filter({ hasText: /^6$/ })).toHaveCount(1);
  }
  expect(await page.evaluate(() => performance.timeOrigin)).toBe(loaded);
  for (const width of [390, 1280]) {
    await page.setViewportSize({ width, height: 844 });
    expect((await violations(page)).map(({ id }) => id)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  }
  await wall.context().close();
});

test('a switch closes purchases for the shopper who looks at the item, and clearing it lets them go on', async ({
  shop,
  page,
  signedIn,
  quiet,
}) => {
  quiet.expectStatus(503);
  const round = await shop.round({ stock: 3 });
  await signInAtOnce(page, shop);
  await visit(page, '/admin/switches');
  const card = page.getByRole('article').filter({ has: page.getByRole('heading', { name: 'Queue only' }) });
  await card.locator('summary').focus();
  await page.keyboard.press('Enter');
  await card.getByLabel('Why').fill('The ledger is slow');
  await page.keyboard.press('Enter');
  await expect(card).toContainText('The ledger is slow');
  // Instances follow within two seconds.
  await expect
    .poll(async () => {
      const answer = await page.request.post('/api/path', {
        headers: { authorization: `Bearer ${round.tokens[0]}`, cookie: '' },
        data: { item_id: round.itemId },
      });
      return ((await answer.json()) as { error?: string }).error;
    })
    .toBe('queue_only');

  const shopper = await signedIn(round.tokens[0]!);
  await visit(shopper, `/items/${round.itemId}`);
  const panel = shopper.locator('section.buy-panel');
  await expect(panel).toHaveAttribute('data-state', 'open');
  await panel.getByRole('button').first().click();
  await expect(panel).toHaveAttribute('data-state', 'busy');
  await visit(page, '/admin/orders');
  await expect(page.getByRole('main')).toContainText('The ledger is slow');

  await visit(page, '/admin/switches');
  await card.getByRole('button', { name: 'Clear it now' }).click();
  await expect(card).toContainText('Not set');
  await expect(shopper.getByRole('dialog')).toBeVisible({ timeout: 30_000 });
});
