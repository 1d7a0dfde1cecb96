// Everything without a mouse.

import type { Locator, Page } from '@playwright/test';

import { OrderPage } from '../support/pages/order-page.ts';
import { expect, test } from '../support/test.ts';
import { isAwake } from '../support/visit.ts';

/** Presses Tab until the target has the focus, as a person would, a bounded number of times. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let presses = 0; presses < 40; presses += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  await expect(target, 'within 40 presses of Tab').toBeFocused();
}

test('a purchase and its cancellation need nothing but the keyboard', async ({
  shop,
  item,
  page,
  signIn,
}) => {
  const round = await shop.round({});
  const { captcha } = item;
  await signIn(round.tokens[0]!);
  await item.open(round.itemId);
  await item.reaches('open');

  await tabTo(page, item.action);
  await page.keyboard.press('Enter');
  await expect(captcha.field).toBeFocused();
  await tabTo(page, captcha.inWords);
  await page.keyboard.press('Enter');
  await expect(captcha.words).toHaveText(/\d/);
  const right = await captcha.rightAnswerShown();
  await tabTo(page, captcha.field);
  await page.keyboard.type(String(right));
  await page.keyboard.press('Enter');
  await item.reaches('won');

  await tabTo(page, item.orderLink.first());
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/orders\//);
  await isAwake(page);
  const order = new OrderPage(page);
  await tabTo(page, order.cancelButton);
  await page.keyboard.press('Enter');
  await tabTo(page, order.confirmCancel);
  await page.keyboard.press('Enter');
  await expect(order.history).toContainText(/cancelled/i);
});

test('the first Tab offers to skip to the content', async ({ page }) => {
  await page.goto('/');
  await isAwake(page);
  await page.keyboard.press('Tab');
  const skip = page.getByRole('link', { name: /skip/i });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main')).toBeFocused();
});

test('the focus stays inside the open question', async ({ shop, item, page, signIn }) => {
  const round = await shop.round({});
  await signIn(round.tokens[0]!);
  await item.open(round.itemId);
  await item.reaches('open');
  await item.action.click();
  await expect(item.captcha.field).toBeFocused();
  for (let presses = 0; presses < 12; presses += 1) {
    await page.keyboard.press('Tab');
    const strayed = await page.evaluate(() => {
      const focused = document.activeElement;
      return focused !== document.body && !focused?.closest('dialog');
    });
    expect(strayed).toBe(false);
  }
});
