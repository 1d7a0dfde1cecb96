// Money that comes after the order was closed goes back.

import { SandboxPage } from '../support/pages/sandbox-page.ts';
import { expect, test } from '../support/test.ts';

test.use({ settings: { SECKILL_PAY_GRACE_S: '1' } });

test('money that comes too late goes back, and the page says so', async ({ page, unpaidOrder }) => {
  const { order } = await unpaidOrder({ payWindowS: 6 });
  await order.payButton.click();
  const sandbox = new SandboxPage(page);
  await sandbox.more.click();
  await sandbox.button('The money comes after the deadline').click();
  await expect(order.state).toHaveText('Closed, not paid in time', { timeout: 30_000 });
  await expect
    .poll(
      async () => {
        await page.reload();
        return page.getByRole('main').innerText();
      },
      { timeout: 30_000 },
    )
    .toContain('¥99, which could not pay this order, went back to you');
  await expect(order.history).toContainText('The money went back');
});
