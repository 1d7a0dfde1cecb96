// Pictures, previews, reports, files and the system page, as staff use them.

import { fileURLToPath } from 'node:url';

import { violations } from '../support/axe.ts';
import { signInAtOnce } from '../support/staff.ts';
import { expect, test } from '../support/test.ts';

const PICTURE = fileURLToPath(new URL('../../public/icon-512.png', import.meta.url));

test('a picture is chosen in the form, and a file that is no picture keeps the form filled in', async ({
  shop,
  page,
  quiet,
}) => {
  quiet.expectStatus(422);
  await signInAtOnce(page, shop);
  await page.goto('/admin/rounds/new');
  await page.getByLabel('Name of the product (English)').first().fill('Desk lamp');
  const file = page.getByLabel('Or upload one').first();
  await file.setInputFiles({
    name: 'lamp.png',
    mimeType: 'image/png',
    buffer: Buffer.from('<svg><script>alert(1)</script></svg>'),
  });
  await page.getByRole('button', { name: 'Check' }).click();
  await expect(page.getByLabel('Or upload one').first()).toHaveAccessibleDescription(/no JPEG/);
  await expect(page.getByLabel('Name of the product (English)').first()).toHaveValue('Desk lamp');

  await page.getByLabel('Or upload one').first().setInputFiles(PICTURE);
  await page.getByRole('button', { name: 'Check' }).click();
  const picture = page.getByRole('img', { name: 'The picture of item 1' });
  // As wide as it is shown: the smaller of its two files.
  await expect(picture).toHaveJSProperty('naturalWidth', 96);
  const chosen = () => picture.evaluate((image: HTMLImageElement) => image.currentSrc);
  await expect.poll(chosen).toMatch(/\/480$/);
  expect(await violations(page)).toEqual([]);
});

test('a preview shows each moment of a round and nothing in it can be pressed', async ({
  shop,
  page,
}) => {
  const round = await shop.round({ stock: 3 });
  await signInAtOnce(page, shop);
  await page.goto('/admin/rounds');
  const card = page.locator(`article[aria-labelledby="round-${round.roundId}"]`);
  await card.getByRole('link', { name: 'Preview' }).click();
  for (const moment of ['A minute before', 'On sale', 'Sold out', 'Stopped', 'Over']) {
    await page.getByRole('link', { name: moment, exact: true }).click();
    await expect(page.getByRole('main')).toContainText('Nothing can be pressed here');
    expect(await violations(page)).toEqual([]);
  }
});

for (const [path, heading] of [
  ['/admin/products', 'Products'],
  ['/admin/orders/ship', 'Ship by a list'],
  ['/admin/messages', 'Messages'],
  ['/admin/system', 'System'],
] as const) {
  test(`${path} is accessible and fits a telephone`, async ({ shop, page }) => {
    await signInAtOnce(page, shop);
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(path);
    await expect(page.getByRole('heading', { level: 1, name: heading })).toBeVisible();
    expect(await violations(page)).toEqual([]);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBeLessThanOrEqual(390);
  });
}
