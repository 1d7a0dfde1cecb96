// Small screens: the button, the price and the time are in sight without scrolling, and nothing is
// hidden behind them.

import type { Page } from '@playwright/test';

import type { ItemPage } from '../support/pages/item-page.ts';
import { reachable } from '../support/scenes.ts';
import { expect, test } from '../support/test.ts';

/** The viewports that phone browsers leave, upright and sideways; a desktop at 200 %. */
const screens = [
  { width: 375, height: 553 },
  { width: 390, height: 664 },
  { width: 844, height: 390 },
  { width: 640, height: 400 },
] as const;

/** The page is no wider than the screen, and no word of the bar is cut off at its side. */
async function fits(page: Page): Promise<void> {
  const { content, screen, cut } = await page.evaluate(() => {
    const parts = document.querySelectorAll<HTMLElement>(
      '.buy-panel__button, .buy-panel__link, .buy-panel__price, .buy-panel__time',
    );
    return {
      content: document.documentElement.scrollWidth,
      screen: document.documentElement.clientWidth,
      cut: [...parts]
        .filter((part) => part.scrollWidth > part.clientWidth)
        .map((part) => part.textContent),
    };
  });
  expect(content, 'no horizontal scrolling').toBeLessThanOrEqual(screen);
  expect(cut, 'words that do not fit').toEqual([]);
}

/** Scrolled to its end, the page ends above the bar. */
async function endsAboveTheBar(page: Page, item: ItemPage): Promise<void> {
  await page.evaluate(() =>
    window.scrollTo({ top: document.documentElement.scrollHeight, behavior: 'instant' }),
  );
  const bar = (await item.bar.boundingBox())!;
  const last = (await page.locator('.site-footer p').boundingBox())!;
  expect(last.y + last.height).toBeLessThanOrEqual(bar.y);
}

for (const viewport of screens) {
  test.describe(`on a screen of ${viewport.width}×${viewport.height}`, () => {
    test.use({ viewport });

    test('button, price and time are in sight, and the page ends above them', async ({
      shop,
      page,
      item,
      signIn,
    }) => {
      const round = await shop.round({});
      await signIn(round.tokens[0]!);
      await item.open(round.itemId);
      await item.reaches('open');
      await expect(item.panel.locator('.buy-panel__button')).toHaveCount(1);
      for (const part of [item.action, item.barPrice, item.barTime]) {
        await expect(part).toBeInViewport({ ratio: 1 });
      }
      await expect(item.barPrice).toHaveText('¥99');
      await expect(item.barTime).toHaveText(/^\d\d:\d\d/);
      await fits(page);
      await endsAboveTheBar(page, item);
      await expect(item.action).toBeInViewport({ ratio: 1 });
      await item.buy();
      await expect(item.orderLink).toBeInViewport({ ratio: 1 });
    });

    test('before the start the same is in sight, and nothing moves when the panel wakes up', async ({
      shop,
      page,
      item,
    }) => {
      const round = await shop.round({ startsInS: 3000 });
      await page.addInitScript(() => {
        const moved: string[] = [];
        Object.assign(window, { moved });
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) {
            const shift = entry as PerformanceEntry & { value: number };
            moved.push(shift.value.toFixed(4));
          }
        }).observe({ type: 'layout-shift', buffered: true });
      });
      await item.open(round.itemId);
      await item.reaches('before');
      for (const part of [item.link, item.barPrice, item.barTime]) {
        await expect(part).toBeInViewport({ ratio: 1 });
      }
      expect(await page.evaluate(() => (window as unknown as { moved: string[] }).moved)).toEqual([]);
    });

    test('the focused element is never behind the bar', async ({ shop, page, item, signIn }) => {
      const round = await shop.round({});
      await signIn(round.tokens[0]!);
      await item.open(round.itemId);
      await item.reaches('open');
      const bar = (await item.bar.boundingBox())!;
      // The page is short: these links stand in for content at its end.
      await page.evaluate(() => {
        for (let number = 0; number < 8; number += 1) {
          const line = document.createElement('p');
          line.innerHTML = `<a href="/">${number}</a>`;
          document.querySelector('.item__more')?.append(line);
        }
      });
      for (let presses = 0; presses < 20; presses += 1) {
        await page.keyboard.press('Tab');
        const bottom = () =>
          page.evaluate(() => {
            const focused = document.activeElement;
            const away = !focused || focused === document.body || focused.closest('.buy-panel');
            return away ? 0 : focused.getBoundingClientRect().bottom;
          });
        // The page scrolls there smoothly.
        await expect.poll(bottom).toBeLessThanOrEqual(bar.y);
      }
    });
  });
}

test('upright, the picture is wide and takes at most three tenths of the height', async ({
  shop,
  page,
  item,
}) => {
  const round = await shop.round({});
  for (const viewport of [{ width: 375, height: 553 }, { width: 390, height: 664 }]) {
    await page.setViewportSize(viewport);
    await item.open(round.itemId);
    const picture = (await page.locator('.item__picture img').boundingBox())!;
    expect(picture.height).toBeLessThanOrEqual(viewport.height * 0.3 + 0.5);
    expect(picture.width / picture.height).toBeGreaterThanOrEqual(16 / 9 - 0.01);
  }
});

test('a desk with room has the button in the panel and no bar', async ({ shop, page, item }) => {
  const round = await shop.round({});
  await page.setViewportSize({ width: 1280, height: 800 });
  await item.open(round.itemId);
  await item.reaches('open');
  await expect(item.barPrice).toBeHidden();
  const [panel, way] = await Promise.all([item.panel.boundingBox(), item.link.boundingBox()]);
  expect(way!.y).toBeGreaterThan(panel!.y);
  expect(way!.y + way!.height).toBeLessThan(panel!.y + panel!.height);
});

test('a long title is two lines, and the rest is one press away', async ({ shop, page, item }) => {
  const round = await shop.round({});
  const title = '手冲细口壶 0.9 升 不锈钢 家用 长嘴 控温 挂耳咖啡 分享壶 送滤纸 '.repeat(3);
  // No test round has so long a title; the server adds the same element (pages/item/title.rs).
  const rest =
    '<details class="item__rest"><summary class="item__expand">' +
    '<span class="item__expand-more">more</span><span class="item__expand-less">less</span>' +
    '</summary></details>';
  await page.route(`**/items/${round.itemId}`, async (route) => {
    const response = await route.fetch();
    const html = await response.text();
    await route.fulfill({ response, body: html.replace(/Load item<\/h1>/, `${title}</h1>${rest}`) });
  });
  await page.setViewportSize({ width: 390, height: 664 });
  await item.open(round.itemId);
  const heading = page.getByRole('heading', { level: 1 });
  const height = async () => (await heading.boundingBox())!.height;
  const two = await heading.evaluate((h1) => 2 * parseFloat(getComputedStyle(h1).lineHeight));
  expect(await height()).toBeLessThanOrEqual(two + 1);
  await expect(item.link).toBeInViewport({ ratio: 1 });
  await page.getByText('more', { exact: true }).click();
  expect(await height()).toBeGreaterThan(two + 1);
  await page.getByText('less', { exact: true }).click();
  expect(await height()).toBeLessThanOrEqual(two + 1);
});

for (const locale of ['zh-CN', 'en-US'] as const) {
  test.describe(`the words of the bar fit in ${locale}`, () => {
    test.use({ locale });

    for (const name of [
      'signed out before the start',
      'in the last minute',
      'queued',
      'won',
      'closed unpaid',
      'sold out',
      'over',
    ]) {
      test(`when ${name}`, async ({ world }) => {
        await reachable[name]!(world);
        for (const viewport of [{ width: 320, height: 560 }, ...screens]) {
          await world.page.setViewportSize(viewport);
          await fits(world.page);
        }
      });
    }
  });
}
