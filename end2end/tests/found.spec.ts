// Data for previews and search engines, and the shop's own texts.

import { expect, test } from '../support/test.ts';
import { visit } from '../support/visit.ts';

test.use({ settings: { SECKILL_SHOP_URL: 'https://shop.example' } });

test('a preview has a picture of a size that messengers show whole', async ({ page }) => {
  await visit(page, '/');
  await page.locator('.card').first().getByRole('link').click();
  const said = (property: string) =>
    page.locator(`head meta[property="${property}"]`).getAttribute('content');
  const title = await page.getByRole('heading', { level: 1 }).innerText();
  expect(await said('og:title')).toMatch(/^¥\d+ /);
  expect(await said('og:title')).toContain(title);
  expect(await said('og:description')).toMatch(/\d{4}.*\d\d:\d\d.*\(UTC\+8\)/);
  const address = new URL((await said('og:image'))!);
  expect(address.origin).toBe('https://shop.example');
  const size = await page.evaluate(async (path) => {
    const picture = new Image();
    picture.src = path;
    await picture.decode();
    return [picture.naturalWidth, picture.naturalHeight];
  }, address.pathname);
  expect(size).toEqual([1200, 630]);
});

test('the offer is in the page as data, which the content security policy allows', async ({ page }) => {
  await visit(page, '/');
  await page.locator('.card').first().getByRole('link').click();
  const text = await page.locator('script[type="application/ld+json"]').textContent();
  const product = JSON.parse(text!);
  expect(product['@type']).toBe('Product');
  expect(product.offers.priceCurrency).toBe('CNY');
});

test('a telephone finds the icons that the manifest names', async ({ page }) => {
  await visit(page, '/');
  const href = await page.locator('link[rel="manifest"]').getAttribute('href');
  const manifest = await (await page.request.get(href!)).json();
  const icons: { src: string }[] = manifest.icons;
  const others = ['/favicon.ico', '/apple-touch-icon.png', '/share.png'];
  for (const path of [...icons.map(({ src }) => src), ...others]) {
    const answer = await page.request.get(path);
    expect(answer.status(), path).toBe(200);
    expect(answer.headers()['content-type'], path).toMatch(/^image\//);
  }
});

test('the footer leads to the texts, and one text to another', async ({ page }) => {
  await visit(page, '/');
  await page.getByRole('contentinfo').getByRole('link', { name: 'Help' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Help');
  await expect(page.getByRole('heading', { name: 'How fairness works' })).toBeVisible();
  await page.getByRole('main').getByRole('link', { name: 'returns' }).click();
  await expect(page.getByRole('main')).toContainText('has not written yet');
});
