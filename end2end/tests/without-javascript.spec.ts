// Without scripts: pages are readable, forms work.

import { SandboxPage } from '../support/pages/sandbox-page.ts';
import { expect, test } from '../support/test.ts';

test('the start page lists the rounds and leads to an item', async ({ page }) => {
  await page.goto('/');
  await expect(page.getByRole('heading', { level: 2 }).first()).toHaveText('Desk and coffee');
  await page.locator('nav.round-row a').nth(1).click();
  await expect(page).toHaveURL(/#round-/);
  await page.locator('.card').first().getByRole('link').click();
  await expect(page).toHaveURL(/\/items\//);
});

test('an item can be read, and says what buying needs', async ({ shop, page }) => {
  const round = await shop.round({});
  const sent = await page.goto(`/items/${round.itemId}`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Load item');
  await expect(page.getByRole('main')).toContainText('¥99');
  await expect(page.getByRole('main')).toContainText('One per person');
  // Chromium without scripts still parses pages as if it had them, so the content of a noscript element is
  // not shown here; that it is sent can be checked.
  expect(await sent?.text()).toContain('Buying needs JavaScript');
});

test('a visitor makes an account, signs out of reach, and signs in to the orders', async ({
  page,
  context,
}) => {
  await page.goto('/register');
  await page.getByLabel('Mobile number').fill('13900000001');
  await page.getByLabel('Nickname').fill('no script');
  await page.getByLabel('Password').fill('correct horse');
  await page.getByRole('main').getByRole('button').click();
  await expect(page).toHaveURL(/\/$/);
  await page.goto('/orders');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('My orders');

  await context.clearCookies();
  await page.goto('/orders');
  await expect(page).toHaveURL(/\/login\?next=(\/|%2F)orders$/);
  await page.getByLabel('Mobile number').fill('13900000001');
  await page.getByLabel('Password').fill('wrong horse');
  await page.getByRole('main').getByRole('button').click();
  await expect(page.getByRole('alert')).toBeVisible();
  await page.getByLabel('Mobile number').fill('13900000001');
  await page.getByLabel('Password').fill('correct horse');
  await page.getByRole('main').getByRole('button').click();
  await expect(page).toHaveURL(/\/orders$/);
});

test('a password is changed', async ({ page }) => {
  await page.goto('/register');
  await page.getByLabel('Mobile number').fill('13900000002');
  await page.getByLabel('Nickname').fill('no script');
  await page.getByLabel('Password').fill('correct horse');
  await page.getByRole('main').getByRole('button').click();
  await page.goto('/orders');
  await page.getByRole('link', { name: 'Password, and where you are signed in' }).click();
  await expect(page.getByRole('main').getByRole('listitem')).toContainText('This one');
  await page.getByLabel('Present password').fill('correct horse');
  await page.getByLabel('New password').fill('battery staple');
  await page.getByRole('button', { name: 'Change the password' }).click();
  await expect(page.getByRole('status')).toContainText('The password is changed');
});

test('the header leads to the forms', async ({ page }) => {
  await page.goto('/');
  await page.getByRole('banner').getByRole('link', { name: /sign in/i }).click();
  await expect(page).toHaveURL(/\/login/);
});

test('the language can be switched', async ({ page }) => {
  await page.goto('/login');
  await page.getByRole('button', { name: '中文' }).click();
  await expect(page).toHaveURL(/\/login$/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('登录');
  await page.getByRole('button', { name: 'English' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sign in');
});

test('an order can be read', async ({ shop, page, signIn, somebody }) => {
  const round = await shop.round({});
  const orderId = await (await somebody(round.tokens[0]!)).buy(round.itemId);
  await signIn(round.tokens[0]!);
  await page.goto('/orders');
  await page.getByRole('link', { name: 'Load item' }).click();
  await expect(page).toHaveURL(new RegExp(`/orders/${orderId}$`));
  await expect(page.locator('.time-line li')).toHaveCount(2);
});

test('an order is paid', async ({ page, unpaidOrder }) => {
  const { order } = await unpaidOrder();
  await order.payButton.click();
  await new SandboxPage(page).button('Pay').click();
  await expect
    .poll(async () => {
      await page.reload();
      return order.state.innerText();
    })
    .toBe('Paid');
});
