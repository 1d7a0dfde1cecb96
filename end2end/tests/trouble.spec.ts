// A busy shop, a broken connection: the panel shows that it waits and goes on by itself.

import type { Route } from '@playwright/test';

import type { PanelState } from '../support/pages/item-page.ts';
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

test.describe('a shop that does not answer when the page opens', () => {
  for (const [name, state, answer] of [
    ['refuses connections', 'offline', (route) => route.abort('connectionrefused')],
    [
      'is busy',
      'busy',
      (route) =>
        route.fulfill({
          status: 503,
          headers: { 'retry-after': '1' },
          json: { error: 'busy', retry_after_s: 1 },
        }),
    ],
  ] as [string, PanelState, (route: Route) => Promise<void>][]) {
    test(`and ${name}: the panel says so, counts to the next try, and can be asked to try now`, async ({
      shop,
      item,
      page,
      signIn,
      quiet,
    }) => {
      quiet.expectNoConnection();
      quiet.expectStatus(503);
      const round = await shop.round({});
      await signIn(round.tokens[0]!);
      await page.route('**/api/**', answer);
      await item.open(round.itemId);
      await item.reaches(state);
      await expect(item.countdown.first()).toHaveText(/^\d+ s$/);
      await expect(item.retry).toBeEnabled();
      await page.unroute('**/api/**', answer);
      await item.retry.click();
      await item.buy();
    });

    test(`and ${name}: the panel goes on by itself when it answers again`, async ({
      shop,
      item,
      page,
      quiet,
    }) => {
      quiet.expectNoConnection();
      quiet.expectStatus(503);
      const round = await shop.round({});
      await page.route('**/api/**', answer);
      await item.open(round.itemId);
      await item.reaches(state);
      await page.unroute('**/api/**', answer);
      await item.reaches('open', 30_000);
    });
  }

  test('and is six seconds late with everything: the panel says so, and then sells', async ({
    shop,
    item,
    page,
    signIn,
  }) => {
    test.slow();
    const round = await shop.round({});
    await signIn(round.tokens[0]!);
    await page.route('**/api/**', async (route) => {
      await new Promise((over) => setTimeout(over, 6_000));
      // The page may have given up, or be gone.
      await route.continue().catch(() => {});
    });
    await item.open(round.itemId);
    await item.reaches('busy');
    await expect(item.panel).toContainText(/no answer yet/i);
    await item.reaches('open', 60_000);
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await item.buy();
  });
});

for (const [locale, words] of [
  ['en-US', { failed: 'The connection failed', reload: 'Please reload the page', old: 'lacks WebAssembly' }],
  ['zh-CN', { failed: '连接失败', reload: '请刷新页面', old: '不支持抢购所需的 WebAssembly' }],
] as const) {
  test.describe(`a program that does not start, in ${locale}`, () => {
    test.use({ locale });

    test('because it does not arrive: the panel says so, and reloading helps', async ({
      shop,
      item,
      page,
      quiet,
    }) => {
      quiet.expectNoConnection();
      quiet.expectUncaught(/fetch/i);
      const round = await shop.round({});
      await page.route('**/*.wasm', (route) => route.abort('connectionreset'));
      await page.goto(`/items/${round.itemId}`);
      await expect(item.failed).toBeVisible({ timeout: 20_000 });
      await expect(item.failed).toContainText(words.failed);
      await page.unroute('**/*.wasm');
      await item.failed.getByRole('link', { name: words.reload }).click();
      await item.reaches('open');
      await expect(item.failed).toBeHidden();
    });

    test('because the browser cannot run it: the panel says so at once', async ({
      shop,
      item,
      page,
      quiet,
    }) => {
      quiet.expectUncaught(/WebAssembly/);
      await page.addInitScript(() => {
        Reflect.deleteProperty(globalThis, 'WebAssembly');
      });
      const round = await shop.round({});
      await page.goto(`/items/${round.itemId}`);
      await expect(item.failed).toBeVisible();
      await expect(item.failed).toContainText(words.old);
    });
  });
}

test('a program that starts late replaces the message that it did not start', async ({ shop, item, page }) => {
  const round = await shop.round({});
  let arrive = () => {};
  const arrived = new Promise<void>((resolve) => (arrive = resolve));
  await page.route('**/*.wasm', async (route) => {
    await arrived;
    await route.continue();
  });
  await page.goto(`/items/${round.itemId}`);
  await expect(item.failed).toBeVisible({ timeout: 20_000 });
  arrive();
  await item.reaches('open');
  await expect(item.failed).toBeHidden();
});
