// Pictures of every page and every state, for people to look at: two widths, light and dark, both
// languages: `make screenshots`. They are kept in end2end/screenshots and compared by nobody but the
// eye; that every state can be reached and is accessible, the tests show.

import { join } from 'node:path';

import type { Page } from '@playwright/test';

import { reachable, type Scene } from '../support/scenes.ts';
import { signInAtOnce } from '../support/staff.ts';
import { test } from '../support/test.ts';
import { visit } from '../support/visit.ts';

const folder = join(import.meta.dirname, '../screenshots');

async function shoot(page: Page, name: string, locale: string): Promise<void> {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  for (const [width, height] of [[1280, 800], [390, 844]] as const) {
    await page.setViewportSize({ width, height });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      const file = `${name.replaceAll(/[^a-z]+/gi, '-')}.${width}.${colorScheme}.${locale}.png`;
      // Painting a long page of a phone is slow where there is no graphics card.
      await page.screenshot({ path: join(folder, file), fullPage: true, timeout: 30_000 });
    }
  }
}

for (const locale of ['en-US', 'zh-CN'] as const) {
  test.describe(locale, () => {
    test.use({ locale });

    for (const [name, arrange] of Object.entries(reachable) as [string, Scene][]) {
      test(`pictures of the item when ${name}`, async ({ world }) => {
        await arrange(world);
        await shoot(world.page, `item ${name}`, locale);
      });
    }

    test('pictures of the pages', async ({ shop, page, signIn, somebody, quiet }) => {
      test.slow();
      quiet.expectStatus(404);
      const round = await shop.round({ buyers: 2 });
      const buyer = await somebody(round.tokens[0]!);
      const orderId = await buyer.buy(round.itemId);
      for (const [name, path] of [
        ['list', '/'],
        ['sign in', '/login'],
        ['sign in refused', '/login?error=unauthenticated'],
        ['make an account', '/register'],
        ['make an account refused', '/register?error=invalid&field=mobile_taken'],
        ['not found', '/nowhere'],
      ] as const) {
        await visit(page, path);
        await shoot(page, name, locale);
      }
      await signIn(round.tokens[1]!);
      await visit(page, '/orders');
      await shoot(page, 'no orders', locale);
      await signIn(round.tokens[0]!);
      for (const [name, path] of [
        ['list signed in', '/'],
        ['orders', '/orders'],
        ['order', `/orders/${orderId}`],
      ] as const) {
        await visit(page, path);
        await shoot(page, name, locale);
      }
      await buyer.cancel(orderId);
      await visit(page, `/orders/${orderId}`);
      await shoot(page, 'order cancelled', locale);
    });

    test('pictures of the operators\' pages', async ({ shop, page }) => {
      await shop.round({ stock: 3 });
      await signInAtOnce(page, shop, locale === 'en-US' ? '13912340002' : '13912340003');
      await visit(page, '/admin/rounds');
      await page.locator('summary').first().click();
      await shoot(page, 'admin rounds', locale);
      await visit(page, '/admin/rounds/new');
      await shoot(page, 'admin new round', locale);
    });
  });
}
