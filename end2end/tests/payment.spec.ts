// Payment through the built-in provider, from the order to the money and back.

import { SandboxPage } from '../support/pages/sandbox-page.ts';
import { expect, test } from '../support/test.ts';
import { isAwake } from '../support/visit.ts';

test('a buyer pays, and the order says so by itself', async ({ page, unpaidOrder }) => {
  const { orderId, order, buyer } = await unpaidOrder();
  await order.payButton.focus();
  await page.keyboard.press('Enter');

  const sandbox = new SandboxPage(page);
  await expect(sandbox.title).toHaveText('Payment sandbox');
  await expect(page.getByRole('main')).toContainText('¥99');
  await sandbox.button('Pay').click();

  await expect(page).toHaveURL(new RegExp(`/orders/${orderId}$`));
  await expect(order.state).toHaveText('Paid', { timeout: 20_000 });
  await expect(order.history).toContainText('Paid');
  await expect(order.payButton).toHaveCount(0);
  expect(await buyer.orders()).toMatchObject([{ state: 'paid' }]);
});

test('a buyer whose payment was declined pays again', async ({ page, unpaidOrder }) => {
  const { order } = await unpaidOrder();
  const sandbox = new SandboxPage(page);
  await order.payButton.click();
  await sandbox.button('The bank declines').click();
  await expect(order.payButton).toHaveText('Pay now', { timeout: 20_000 });
  await order.payButton.click();
  await sandbox.button('Pay').click();
  await expect(order.state).toHaveText('Paid', { timeout: 20_000 });
});

test('a buyer who comes back without paying finds the same payment again', async ({
  page,
  unpaidOrder,
}) => {
  const { order } = await unpaidOrder();
  await order.payButton.click();
  const address = page.url();
  await page.getByRole('link', { name: 'Go back without paying' }).click();
  await isAwake(page);
  await expect(order.payButton).toHaveText('Continue to the payment');
  await order.payButton.click();
  await expect(page).toHaveURL(address);
});

test.describe('in Chinese', () => {
  test.use({ locale: 'zh-CN' });

  test('paying twice gives one payment back, and the page says so', async ({
    page,
    unpaidOrder,
  }) => {
    const { order } = await unpaidOrder();
    await page.getByRole('button', { name: '去付款' }).click();
    const sandbox = new SandboxPage(page);
    await sandbox.more.click();
    await sandbox.button('付两次款').click();
    await expect(order.state).toHaveText('已付款', { timeout: 20_000 });
    await expect
      .poll(async () => {
        await page.reload();
        return page.getByRole('main').innerText();
      })
      .toContain('¥99 已原路退回');
  });
});
