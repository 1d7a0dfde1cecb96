// Waiting for the order to be written.

import { expect, test } from '../support/test.ts';
import { reload, visit } from '../support/visit.ts';

// One order a second, so that there is a queue to look at.
test.use({ settings: { SECKILL_ORDERS_PER_S: '1' } });

test('a reload while queued finds the place in the queue, and then the order', async ({
  shop,
  item,
  page,
  signIn,
  somebody,
}) => {
  const round = await shop.round({ stock: 11, buyers: 11 });
  const [mine, ...others] = round.tokens;
  await signIn(mine!);
  await item.open(round.itemId);
  await item.reaches('open');
  await item.action.click();
  const right = await item.captcha.rightAnswer();
  await Promise.all(others.map(async (token) => (await somebody(token)).reserve(round.itemId)));
  await item.captcha.answer(right);
  await item.reaches('queued');
  await expect(item.status).toContainText(/\d/);

  await reload(page);
  await item.reaches('queued');
  await item.reaches('won', 20_000);
});

test('a buyer who leaves the queue finds the place among the orders, and then the order', async ({
  shop,
  item,
  page,
  signIn,
  somebody,
}) => {
  const round = await shop.round({ stock: 11, buyers: 11 });
  const [mine, ...others] = round.tokens;
  await Promise.all(others.map(async (token) => (await somebody(token)).reserve(round.itemId)));
  await (await somebody(mine!)).reserve(round.itemId);
  await signIn(mine!);
  await visit(page, '/orders');
  const row = page.locator('.order-row');
  await expect(row).toHaveCount(1);
  await expect(row).toContainText(/In the queue · No\. 11/);
  await expect(row).toContainText(/\d\d:\d\d:\d\d/);
  await expect(row).toContainText('Nothing was charged');
  await expect(page.getByText('No orders yet')).toHaveCount(0);

  await expect(row).toContainText('Waiting for payment', { timeout: 40_000 });
  await expect(row).toHaveCount(1);
  await row.getByRole('link').click();
  await expect(page).toHaveURL(/\/orders\//);
  await page.goto(`/items/${round.itemId}`);
  await item.reaches('won');
});
