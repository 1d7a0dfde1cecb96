// The start, by the server's clock.

import { setDeviceClock } from '../support/device-clock.ts';
import { expect, test } from '../support/test.ts';

const HOUR_MS = 3_600_000;

for (const [name, shiftMs] of [
  ['an hour slow', -HOUR_MS],
  ['an hour fast', HOUR_MS],
] as const) {
  test(`an early visitor sees the sale open at the second, though the device is ${name}`, async ({
    shop,
    item,
    context,
    page,
    signIn,
  }) => {
    const round = await shop.round({ startsInS: 7 });
    await setDeviceClock(context, shiftMs);
    await signIn(round.tokens[0]!);
    await item.open(round.itemId);
    await item.reaches('warm');
    await expect(item.countdown.first()).toHaveText(/0?0:0\d/);

    // The page itself records when it opened, by the time of its process, which does not depend on the
    // device's clock.
    const openedAtMs = await page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          const panel = document.querySelector('section.buy-panel')!;
          const look = () => {
            if (panel.getAttribute('data-state') !== 'open') return;
            resolve(performance.timeOrigin + performance.now());
          };
          new MutationObserver(look).observe(panel, { attributes: true });
          look();
        }),
    );
    expect(openedAtMs - round.startsAtMs).toBeGreaterThan(-150);
    expect(openedAtMs - round.startsAtMs).toBeLessThan(1000);
    await item.buy();
  });
}

test('a buyer who answers before the start buys with one click', async ({ shop, item, page, signIn }) => {
  const round = await shop.round({ startsInS: 8 });
  const asked: string[] = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/api/captcha')) asked.push(request.url());
  });
  await signIn(round.tokens[0]!);
  await item.open(round.itemId);
  await item.reaches('warm');
  await item.action.click();
  await item.captcha.solve();
  await expect(item.captcha.root).toBeHidden();
  await expect(item.status).toContainText(/ready/i);
  await item.reaches('open');
  await item.action.click();
  await item.reaches('won');
  expect(asked).toHaveLength(1);
});

test('before the last minute the panel counts down and offers nothing to press', async ({
  shop,
  item,
  signIn,
}) => {
  const round = await shop.round({ startsInS: 64 });
  await signIn(round.tokens[0]!);
  await item.open(round.itemId);
  await item.reaches('before');
  await expect(item.countdown.first()).toBeVisible();
  await expect(item.panel.locator('button:enabled:visible')).toHaveCount(0);
  await item.reaches('warm');
});

test('a call before the start is refused, whatever the page thinks', async ({ shop, somebody }) => {
  const round = await shop.round({ startsInS: 30 });
  const early = await somebody(round.tokens[0]!);
  const path = await early.path(round.itemId);
  const response = await fetch(`${shop.url}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${round.tokens[0]}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ item_id: round.itemId }),
  });
  expect(response.status).toBe(409);
  expect(await response.json()).toEqual({ error: 'not_started' });
});

test('the panel says when the round is over', async ({ shop, item, signIn }) => {
  const round = await shop.round({ startsInS: -5, lastsS: 10 });
  await signIn(round.tokens[0]!);
  await item.open(round.itemId);
  await item.reaches('open');
  await item.reaches('ended');
  await expect(item.panel.locator('button:enabled:visible')).toHaveCount(0);
});
