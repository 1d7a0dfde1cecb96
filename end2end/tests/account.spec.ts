// Accounts in a browser with scripts: the header's badge, the forms, signing out.

import { expect, test } from '../support/test.ts';
import { isAwake, visit } from '../support/visit.ts';

/** For numbers that no one else in this shop has. */
let mobiles = 0;
const mobile = () => `137${String((mobiles += 1)).padStart(8, '0')}`;

test('a visitor makes an account, is named in the header, leaves, and signs in again', async ({
  page,
}) => {
  const number = mobile();
  const header = page.getByRole('banner');
  await visit(page, '/register');
  await page.getByLabel('Mobile number').fill(number);
  await page.getByLabel('Nickname').fill('小明');
  await page.getByLabel('Password').fill('correct horse');
  await page.getByRole('main').getByRole('button').click();
  await expect(page).toHaveURL(/\/$/);
  await isAwake(page);
  await expect(header).toContainText('小明');

  await header.getByRole('button', { name: /sign out/i }).click();
  await isAwake(page);
  await expect(header).not.toContainText('小明');
  await expect(page.getByRole('main').getByRole('status')).toHaveText('You are signed out.');

  await visit(page, '/orders');
  await expect(page).toHaveURL(/\/login\?next=(\/|%2F)orders$/);
  await page.getByLabel('Mobile number').fill(number);
  await page.getByLabel('Password').fill('correct horse');
  await page.getByRole('main').getByRole('button').click();
  await expect(page).toHaveURL(/\/orders$/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('My orders');
});

test('the header leads back to where the visitor was', async ({ shop, page }) => {
  const round = await shop.round({});
  await visit(page, `/items/${round.itemId}`);
  await page.getByRole('banner').getByRole('link', { name: /sign in/i }).click();
  await expect(page).toHaveURL(new RegExp(`/login\\?next=(/|%2F)items(/|%2F)${round.itemId}$`));
});

test('the panel leads back to the panel, through a mistake and through the other form', async ({
  shop,
  page,
  item,
}) => {
  const round = await shop.round({});
  await item.open(round.itemId);
  await item.reaches('open');
  await item.panel.getByRole('link', { name: /sign in/i }).click();
  await expect(page).toHaveURL(/\/login\?next=/);
  await page.getByLabel('Mobile number').fill(mobile());
  await page.getByLabel('Password').fill('not the password');
  await page.getByRole('main').getByRole('button').click();
  await expect(page.getByRole('alert')).toContainText('do not match');

  await page.getByRole('main').getByRole('link').click();
  await page.getByLabel('Mobile number').fill(mobile());
  await page.getByLabel('Nickname').fill('back');
  await page.getByLabel('Password').fill('correct horse');
  await page.getByRole('main').getByRole('button').click();
  await expect(page).toHaveURL(new RegExp(`/items/${round.itemId}#buy$`));
  await item.reaches('open');
  await expect(item.action).toBeInViewport({ ratio: 1 });
});

test('a failed sign-in does not tell which part was wrong', async ({ page }) => {
  await visit(page, '/login');
  await page.getByLabel('Mobile number').fill(mobile());
  await page.getByLabel('Password').fill('not the password');
  await page.getByRole('main').getByRole('button').click();
  await expect(page.getByRole('alert')).toContainText('do not match');
  await expect(page.getByLabel('Password')).toHaveValue('');
});

test('a number that has an account already is said at its field', async ({ page, context }) => {
  const number = mobile();
  for (const _ of ['first', 'second']) {
    await context.clearCookies();
    await visit(page, '/register');
    await page.getByLabel('Mobile number').fill(number);
    await page.getByLabel('Nickname').fill('twice');
    await page.getByLabel('Password').fill('correct horse');
    await page.getByRole('main').getByRole('button').click();
    await isAwake(page);
  }
  const field = page.getByLabel('Mobile number');
  await expect(field).toHaveAttribute('aria-invalid', 'true');
  await expect(field).toHaveAccessibleDescription(/has an account already/);
});

test("somebody else's order is not shown", async ({ shop, page, signIn, somebody, quiet }) => {
  quiet.expectStatus(404);
  const round = await shop.round({ buyers: 2 });
  const orderId = await (await somebody(round.tokens[0]!)).buy(round.itemId);
  await signIn(round.tokens[1]!);
  const response = await page.goto(`/orders/${orderId}`);
  expect(response?.status()).toBe(404);
});
