// Waiting for an order that is not made.

import { expect, test } from '../support/test.ts';
import { visit } from '../support/visit.ts';

// One order a second, and reservations that waited two seconds get none.
test.use({ settings: { SECKILL_ORDERS_PER_S: '1', SECKILL_QUEUE_AGE_S: '2' } });

test('a buyer who left the queue finds among the orders that it failed, and why', async ({
  shop,
  page,
  signIn,
  somebody,
}) => {
  const round = await shop.round({ stock: 8, buyers: 8 });
  const [mine, ...others] = round.tokens;
  await Promise.all(others.map(async (token) => (await somebody(token)).reserve(round.itemId)));
  await (await somebody(mine!)).reserve(round.itemId);
  await signIn(mine!);
  await visit(page, '/orders');
  const row = page.locator('.order-row');
  await expect(row).toContainText('Not this time', { timeout: 30_000 });
  await expect(row).toContainText('Nothing was charged, and the unit went back on sale.');
  await expect(page.getByText('No orders yet')).toHaveCount(0);
  await row.getByRole('link').click();
  await expect(page).toHaveURL(new RegExp(`/items/${round.itemId}$`));
});
