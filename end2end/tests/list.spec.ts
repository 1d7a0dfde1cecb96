// The start page of the demonstration that fills an empty shop.

import { layoutShifts, noteLayoutShifts } from '../support/layout-shifts.ts';
import { expect, test } from '../support/test.ts';
import { visit } from '../support/visit.ts';

test('the start page shows the running round first, the coming ones, and folds the ended', async ({
  page,
}) => {
  await visit(page, '/');
  const titles = page.locator('section.round .round__title');
  await expect(titles.first()).toHaveText('Desk and coffee');
  const ended = page.locator('details.ended');
  await expect(ended.getByText('On the window sill')).toBeHidden();
  await ended.locator('summary').click();
  await expect(ended.getByText('On the window sill')).toBeVisible();
});

test('the remaining stock and the time to the next opening are live', async ({ page }) => {
  await visit(page, '/');
  await expect(page.locator('.stock-bar').first()).toContainText(/\d+\s?%/);
  const countdown = page.locator('section.round .countdown').first();
  const before = await countdown.innerText();
  await expect(countdown).not.toHaveText(before);
});

test('a card leads to its item', async ({ page }) => {
  await visit(page, '/');
  const card = page.locator('.card').first();
  const title = await card.getByRole('heading').innerText();
  await card.getByRole('link').click();
  await expect(page).toHaveURL(/\/items\/[0-9a-f-]{36}$/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(title);
});

test('every picture arrives, and nothing moves while the page wakes up', async ({ page }) => {
  await noteLayoutShifts(page);
  await visit(page, '/');
  for (const picture of await page.locator('main img').all()) {
    await picture.scrollIntoViewIfNeeded();
    await expect
      .poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth))
      .toBeGreaterThan(0);
  }
  expect(await layoutShifts(page)).toBeLessThan(0.02);
});

test('the page of an unknown item offers a way on', async ({ page, quiet }) => {
  quiet.expectStatus(404);
  for (const path of ['/items/00000000-0000-7000-8000-000000000000', '/items/x', '/nowhere']) {
    const response = await page.goto(path);
    expect(response?.status(), path).toBe(404);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('There is nothing here');
    await expect(page.getByRole('main').getByRole('link')).toHaveAttribute('href', '/');
  }
});
