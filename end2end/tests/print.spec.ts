// A printed order.

import { expect, test } from '../support/test.ts';

test('a printed order has all its facts and nothing that is only for a screen', async ({
  page,
  unpaidOrder,
}) => {
  const { orderId } = await unpaidOrder();
  const number = orderId.replaceAll('-', '').slice(-10).toUpperCase();
  const printed = page.locator('.printed');
  await expect(printed).toBeHidden();
  await page.emulateMedia({ media: 'print' });
  await expect(printed).toBeVisible();
  for (const words of ['On the Dot', number, 'Load item', 'Waiting for payment']) {
    await expect(printed).toContainText(words);
  }
  await expect(printed).toContainText(/\d{1,2} [A-Z][a-z]{2} \d{4} at \d\d:\d\d \(UTC\+8\)/);
  await expect(page.getByRole('banner')).toBeHidden();
  await expect(page.getByRole('contentinfo')).toBeHidden();
  await expect(page.locator('button:visible, a:visible, input:visible')).toHaveCount(0);
});
