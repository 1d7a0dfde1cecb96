// However a buyer comes back, the panel finds the true state on the server.

import { ItemPage } from '../support/pages/item-page.ts';
import { OrderPage } from '../support/pages/order-page.ts';
import { expect, test } from '../support/test.ts';
import { isAwake, reload } from '../support/visit.ts';

test('after the purchase: reload, second page, second device', async ({
  shop,
  item,
  page,
  context,
  signIn,
  signedIn,
}) => {
  const round = await shop.round({});
  await signIn(round.tokens[0]!);
  await item.open(round.itemId);
  await item.buy();

  await reload(page);
  await item.reaches('won');

  const beside = new ItemPage(await context.newPage());
  await beside.open(round.itemId);
  await beside.reaches('won');

  const elsewhere = new ItemPage(await signedIn(round.tokens[0]!));
  await elsewhere.open(round.itemId);
  await elsewhere.reaches('won');
});

test('the way back from the order leads to the won item', async ({ shop, item, page, signIn }) => {
  const round = await shop.round({});
  await signIn(round.tokens[0]!);
  await item.open(round.itemId);
  await item.buy();
  await item.orderLink.first().click();
  await expect(new OrderPage(page).cancelButton).toBeVisible();
  await page.goBack();
  await isAwake(page);
  await item.reaches('won');
});

test('two pages side by side end with one order', async ({
  shop,
  item,
  context,
  signIn,
  somebody,
  quiet,
}) => {
  quiet.expectStatus(409);
  const round = await shop.round({ stock: 5 });
  await signIn(round.tokens[0]!);
  await item.open(round.itemId);
  await item.reaches('open');
  const beside = new ItemPage(await context.newPage());
  await beside.open(round.itemId);
  await beside.reaches('open');

  // The second page answers its question first and buys last.
  await item.buy();
  await beside.buy();
  expect(await (await somebody(round.tokens[0]!)).orders()).toHaveLength(1);
});

test('an order that was cancelled elsewhere shows when the page is looked at again', async ({
  shop,
  item,
  page,
  signIn,
  somebody,
}) => {
  const round = await shop.round({ stock: 2 });
  const buyer = await somebody(round.tokens[0]!);
  const orderId = await buyer.buy(round.itemId);
  await signIn(round.tokens[0]!);
  await item.open(round.itemId);
  await item.reaches('won');
  await buyer.cancel(orderId);
  await reload(page);
  await item.reaches(['expired', 'open']);
});
