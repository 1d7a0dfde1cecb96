// A shop that is busy, a connection that breaks: the panel waits in sight and goes on by itself.

import { expect, test } from '../support/test.ts';

test('a busy shop is asked again by itself, with the same path, and the purchase goes through', async ({
  shop,
  item,
  page,
  signIn,
  quiet,
}) => {
  quiet.expectStatus(503);
  const round = await shop.round({});
  await signIn(round.tokens[0]!);
  await item.open(round.itemId);
  await item.reaches('open');
  const purchases: string[] = [];
  await page.route('**/seckill/*', async (route) => {
    purchases.push(route.request().url());
    if (purchases.length > 1) return route.continue();
    return route.fulfill({
      status: 503,
      headers: { 'retry-after': '1' },
      json: { error: 'busy', retry_after_s: 1 },
    });
  });
  await item.action.click();
  await item.captcha.solve();
  await item.reaches('busy');
  await expect(item.panel).toContainText(/trying again by itself\D*\d+ s/);
  await item.reaches('won', 20_000);
  expect(new Set(purchases).size).toBe(1);
});

test('an answer that got lost does not lose the unit, nor buy a second one', async ({
  shop,
  item,
  page,
  signIn,
  somebody,
  quiet,
}) => {
  quiet.expectNoConnection();
  // The path is used up; the panel then finds its reservation.
  quiet.expectStatus(403);
  const round = await shop.round({ stock: 5 });
  await signIn(round.tokens[0]!);
  await item.open(round.itemId);
  await item.reaches('open');
  let tries = 0;
  await page.route('**/seckill/*', async (route) => {
    tries += 1;
    if (tries > 1) return route.continue();
    // The purchase reaches the shop; its answer does not come back.
    await route.fetch();
    return route.abort('connectionreset');
  });
  await item.action.click();
  await item.captcha.solve();
  await item.reaches('won', 30_000);
  expect(await (await somebody(round.tokens[0]!)).orders()).toHaveLength(1);
});

test('a purchase without a connection waits, and goes on when it is back', async ({
  shop,
  item,
  context,
  signIn,
  quiet,
}) => {
  quiet.expectNoConnection();
  const round = await shop.round({});
  await signIn(round.tokens[0]!);
  await item.open(round.itemId);
  await item.reaches('open');
  await item.action.click();
  await expect(item.captcha.root).toBeVisible();
  const right = await item.captcha.rightAnswer();
  await context.setOffline(true);
  await item.captcha.answer(right);
  await item.reaches('offline');
  await context.setOffline(false);
  await item.reaches('won', 30_000);
});
