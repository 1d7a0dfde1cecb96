// A phone: nothing is wider than the screen, and everything can be tapped with a thumb.

import type { Page } from '@playwright/test';

import { expect, test } from '../support/test.ts';
import { visit } from '../support/visit.ts';

const THUMB = 44;

/** No page is wider than the screen. */
async function fits(page: Page): Promise<void> {
  const { content, screen } = await page.evaluate(() => ({
    content: document.documentElement.scrollWidth,
    screen: document.documentElement.clientWidth,
  }));
  expect(content, 'no horizontal scrolling').toBeLessThanOrEqual(screen);
}

/** Everything that can be pressed is large enough; links inside a sentence are exempt. */
async function canBeHit(page: Page): Promise<void> {
  const small = await page.evaluate((thumb) => {
    const targets = document.querySelectorAll<HTMLElement>(
      'a[href], button, summary, input:not([type=hidden])',
    );
    return [...targets]
      .filter((target) => target.checkVisibility({ visibilityProperty: true }))
      .filter((target) => !target.matches('p a, .facts__hint a, .skip-link'))
      // A stretched link is as large as its card: its pseudo-element counts.
      .map((target) => ({ target, card: target.closest('.card, .order-row, .messages__row') }))
      .map(({ target, card }) => ({ target, box: (card ?? target).getBoundingClientRect() }))
      .filter(({ box }) => box.width > 0 && (box.height < thumb || box.width < thumb))
      .map(({ target, box }) => `${target.outerHTML.slice(0, 90)} ${box.width}×${box.height}`);
  }, THUMB - 0.5);
  expect(small, `targets under ${THUMB} px`).toEqual([]);
}

test('every page fits the screen and can be used with a thumb', async ({
  shop,
  page,
  signIn,
  somebody,
  quiet,
}) => {
  quiet.expectStatus(404);
  const round = await shop.round({});
  const orderId = await (await somebody(round.tokens[0]!)).buy(round.itemId);
  for (const path of ['/', `/items/${round.itemId}`, '/login', '/register', '/nowhere']) {
    await visit(page, path);
    await fits(page);
    await canBeHit(page);
  }
  await signIn(round.tokens[0]!);
  for (const path of ['/', `/items/${round.itemId}`, '/orders', '/messages', `/orders/${orderId}`]) {
    await visit(page, path);
    await fits(page);
    await canBeHit(page);
  }
});

test('the question is a sheet from below, with a field for numbers', async ({
  shop,
  item,
  page,
  signIn,
}) => {
  const round = await shop.round({});
  await signIn(round.tokens[0]!);
  await item.open(round.itemId);
  await item.reaches('open');
  await item.action.tap();
  await expect(item.captcha.field).toHaveAttribute('inputmode', 'numeric');
  await expect
    .poll(async () => {
      const box = await item.captcha.root.boundingBox();
      const screen = page.viewportSize();
      return box && screen ? Math.round(screen.height - (box.y + box.height)) : undefined;
    })
    .toBe(0);
  await fits(page);
  await canBeHit(page);
});
