// An item sells out, and a unit comes back.

import { ItemPage } from '../support/pages/item-page.ts';
import { expect, test } from '../support/test.ts';

test('the last unit goes while the question is open: the panel says so', async ({
  shop,
  item,
  page,
  signIn,
  somebody,
  quiet,
}) => {
  quiet.expectStatus(409);
  const round = await shop.round({ stock: 1, buyers: 2 });
  const quicker = await somebody(round.tokens[1]!);
  await signIn(round.tokens[0]!);
  await item.open(round.itemId);
  await item.reaches('open');
  // Another buyer is quicker while the answer is on its way.
  await page.route('**/api/path', async (route) => {
    await quicker.buy(round.itemId);
    await route.continue();
  });
  await item.action.click();
  await item.captcha.solve();
  await item.reaches('sold_out');
  await expect(item.captcha.root).toBeHidden();
  await expect(item.status).not.toBeEmpty();
  await expect(item.link).toHaveAttribute('href', '/');
});

test('a unit that nobody paid for comes back, and somebody else gets it', async ({
  shop,
  item,
  signIn,
  signedIn,
  quiet,
}) => {
  test.slow();
  quiet.expectStatus(409);
  const round = await shop.round({ stock: 1, buyers: 2, payWindowS: 8 });
  await signIn(round.tokens[0]!);
  await item.open(round.itemId);
  await item.buy();

  const other = new ItemPage(await signedIn(round.tokens[1]!));
  await other.open(round.itemId);
  await other.reaches('sold_out');

  // The first buyer does not pay; the second one's panel opens by itself.
  await other.reaches('open', 30_000);
  await other.buy();
  await item.reaches('expired', 30_000);
});

test('a cancelled order opens the sale again', async ({
  shop,
  item,
  signIn,
  somebody,
}) => {
  const round = await shop.round({ stock: 1, buyers: 2 });
  const first = await somebody(round.tokens[0]!);
  const orderId = await first.buy(round.itemId);
  await signIn(round.tokens[1]!);
  await item.open(round.itemId);
  await item.reaches('sold_out');
  await first.cancel(orderId);
  await item.reaches('open', 20_000);
  await item.buy();
});
