// A buyer's whole way through the shop, on a desktop and on a phone.

import { OrderPage } from '../support/pages/order-page.ts';
import { expect, test } from '../support/test.ts';
import { isAwake } from '../support/visit.ts';

test('a buyer comes from the question to an order with a ticking deadline, and may cancel it', async ({
  shop,
  item,
  page,
  signIn,
  somebody,
}) => {
  const round = await shop.round({ stock: 3 });
  await signIn(round.tokens[0]!);
  await item.open(round.itemId);
  await item.buy();
  await expect(item.status).not.toBeEmpty();

  await item.orderLink.first().click();
  await expect(page).toHaveURL(/\/orders\/[0-9a-f-]{36}$/);
  await isAwake(page);
  const order = new OrderPage(page);
  const first = await order.deadline.innerText();
  await expect(order.deadline).not.toHaveText(first);
  await expect(order.deadline).toHaveText(/\b0?9:\d\d\b/);

  await order.cancelButton.click();
  await order.confirmCancel.click();
  await expect(order.cancelButton).toHaveCount(0);
  await expect(order.history).toContainText(/cancelled/i);

  const [made] = await (await somebody(round.tokens[0]!)).orders();
  expect(made).toMatchObject({ state: 'closed', close_reason: 'cancelled' });
});

test('backing out of a cancellation keeps the order', async ({ page, unpaidOrder }) => {
  const { order, buyer } = await unpaidOrder();
  await isAwake(page);
  await order.cancelButton.click();
  await order.keep.click();
  await expect(order.confirmCancel).toBeHidden();
  await expect(order.cancelButton).toBeVisible();
  expect(await buyer.orders()).toMatchObject([
    { state: 'pending_payment' },
  ]);
});

test('a double click sends one purchase', async ({ shop, item, page, signIn, somebody }) => {
  const round = await shop.round({ stock: 5, startsInS: 6 });
  const purchases: string[] = [];
  page.on('request', (request) => {
    if (new URL(request.url()).pathname.startsWith('/seckill/')) purchases.push(request.url());
  });
  await signIn(round.tokens[0]!);
  await item.open(round.itemId);
  // Ready before the start: then the click itself is the purchase.
  await item.reaches('warm');
  await item.action.click();
  await item.captcha.solve();
  await expect(item.captcha.root).toBeHidden();
  await item.reaches('open');
  // Held back until the second click, which would otherwise hit whatever replaces the button.
  let bothClicksAreDone = () => {};
  const bothClicks = new Promise<void>((resolve) => (bothClicksAreDone = resolve));
  await page.route('**/seckill/*', async (route) => {
    await bothClicks;
    await route.continue();
  });
  await item.action.dblclick();
  bothClicksAreDone();
  await item.reaches('won');
  expect(purchases).toHaveLength(1);
  expect(await (await somebody(round.tokens[0]!)).orders()).toHaveLength(1);
});

test('a signed-out visitor is led to the form and back to the item', async ({
  shop,
  item,
  page,
}) => {
  const round = await shop.round({});
  await item.open(round.itemId);
  await item.panel.getByRole('link', { name: /sign in/i }).click();
  await expect(page).toHaveURL(new RegExp(`/login\\?next=/items/${round.itemId}%23buy$`));
});
