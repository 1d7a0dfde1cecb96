// Pictures of every page and state for people to look at, in two widths, light and dark, and both languages:
// `make screenshots`. They go to end2end/screenshots and no program compares them; the tests check that every
// state can be reached and is accessible.

import { join } from 'node:path';

import type { Page } from '@playwright/test';

import { everyPage } from '../support/every-page.ts';
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
      // Painting a long phone page is slow without a graphics card.
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

    test('pictures of the pages', async ({ world }) => {
      test.slow();
      await everyPage(world, (name) => shoot(world.page, name, locale));
    });

    test('pictures of the operators\' pages', async ({ shop, page }) => {
      await shop.round({ stock: 3 });
      await signInAtOnce(page, shop);
      await visit(page, '/admin/rounds');
      await page.locator('summary').first().click();
      await shoot(page, 'admin rounds', locale);
      await visit(page, '/admin/rounds/new');
      await shoot(page, 'admin new round', locale);
    });
  });
}
