// A second factor: set up with an authenticator app, then asked for at sign-in.

import { createHmac } from 'node:crypto';

import { violations } from '../support/axe.ts';
import { expect, test } from '../support/test.ts';
import { visit } from '../support/visit.ts';

const MOBILE = '13912340041';

/** The code an authenticator app shows for a base32 secret, this many 30-second steps from now. */
function code(secret: string, stepsFromNow: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret].map((c) => alphabet.indexOf(c).toString(2).padStart(5, '0')).join('');
  const bytes = bits.match(/.{8}/g)!.map((byte) => parseInt(byte, 2));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + stepsFromNow));
  const digest = createHmac('sha1', Buffer.from(bytes)).update(step).digest();
  const at = digest[19]! & 15;
  return String((digest.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

test('an operator sets a second factor up and signs in with it', async ({ shop, page }) => {
  const password = await shop.addStaff(MOBILE, '小张', 'operator');
  await visit(page, '/login?next=/account');
  await page.getByLabel('Mobile number').fill(MOBILE);
  await page.getByLabel('Password').fill(password);
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'Two-step sign-in' }).click();
  await page.getByLabel('Present password').fill(password);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('status')).toContainText('within 15 minutes');
  await expect(page.getByRole('img', { name: 'QR code' })).toBeVisible();
  for (const width of [390, 1280]) {
    await page.setViewportSize({ width, height: 844 });
    expect((await violations(page)).map(({ id }) => id)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  }
  const secret = (await page.locator('.second-factor__key').textContent())!;
  const recovery = (await page.locator('.second-factor__codes code').first().textContent())!;
  await page.getByLabel('Code', { exact: true }).fill(code(secret, 0));
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main')).toContainText('10 recovery codes left');

  await page.getByRole('button', { name: 'Sign out' }).click();
  await visit(page, '/login?next=/account/second-factor');
  await page.getByLabel('Mobile number').fill(MOBILE);
  await page.getByLabel('Password').fill(password);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('alert')).toContainText('The password is right');
  await expect(page.getByLabel('Mobile number')).toHaveValue(MOBILE);
  await page.getByLabel('Password').fill(password);
  await page.getByLabel('Code', { exact: true }).fill(code(secret, 1));
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main')).toContainText('10 recovery codes left');

  await page.getByLabel('Present password').fill(password);
  await page.getByLabel('Code', { exact: true }).fill(recovery);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main')).toContainText('It is not switched on.');
});
