// The captcha.

import { expect, test } from '../support/test.ts';

test.beforeEach(async ({ shop, item, signIn }) => {
  const round = await shop.round({ stock: 3 });
  await signIn(round.tokens[0]!);
  await item.open(round.itemId);
  await item.reaches('open');
  await item.action.click();
  await expect(item.captcha.root).toBeVisible();
});

test('a wrong answer brings a new question and keeps the focus; the right one goes on', async ({
  item,
  quiet,
}) => {
  quiet.expectStatus(403);
  const { captcha } = item;
  await expect(captcha.field).toBeFocused();
  const first = await captcha.picture.getAttribute('src');
  await captcha.answer((await captcha.rightAnswer()) + 1);
  await expect(captcha.message).toBeVisible();
  await expect(captcha.picture).not.toHaveAttribute('src', first!);
  await expect(captcha.field).toBeFocused();
  await expect(captcha.field).toHaveValue('');
  await captcha.solve();
  await item.reaches('won');
});

test('a new picture can be requested, and is a picture', async ({ item }) => {
  const { captcha } = item;
  const first = await captcha.picture.getAttribute('src');
  await captcha.newPicture.click();
  await expect(captcha.picture).not.toHaveAttribute('src', first!);
  await expect
    .poll(() => captcha.picture.evaluate((picture: HTMLImageElement) => picture.naturalWidth))
    .toBeGreaterThan(100);
  await captcha.solve();
  await item.reaches('won');
});

test('Escape closes the question, gives the focus back, and buys nothing', async ({
  item,
  page,
}) => {
  await page.keyboard.press('Escape');
  await expect(item.captcha.root).toBeHidden();
  await item.reaches('open');
  await expect(item.action).toBeFocused();
});

test('the close button closes the question', async ({ item }) => {
  await item.captcha.close.click();
  await expect(item.captcha.root).toBeHidden();
  await item.reaches('open');
});
