// Two languages: preferred by the browser, or chosen on the page.

import { ItemPage } from '../support/pages/item-page.ts';
import { expect, test } from '../support/test.ts';
import { isAwake, visit } from '../support/visit.ts';

const words = {
  'zh-CN': { lang: 'zh-CN', home: '首页', switchTo: 'English', buyButton: /抢购|购买/ },
  'en-US': { lang: 'en', home: 'start page', switchTo: '中文', buyButton: /^Buy/ },
} as const;

for (const locale of ['zh-CN', 'en-US'] as const) {
  test.describe(`for a browser that asks for ${locale}`, () => {
    test.use({ locale });
    const say = words[locale];

    test('pages and panel speak its language', async ({ shop, page, item, signIn }) => {
      const round = await shop.round({});
      await signIn(round.tokens[0]!);
      await visit(page, '/');
      await expect(page.locator('html')).toHaveAttribute('lang', say.lang);
      await expect(page.getByRole('banner').getByRole('link').first()).toHaveAccessibleName(
        new RegExp(say.home),
      );
      await item.open(round.itemId);
      await item.reaches('open');
      await expect(item.action).toHaveText(say.buyButton);
      await item.buy();
    });

    test('the switch changes the language of this page and keeps it', async ({ shop, page }) => {
      const round = await shop.round({});
      const item = new ItemPage(page);
      await item.open(round.itemId);
      await page.getByRole('button', { name: say.switchTo }).click();
      await isAwake(page);
      await expect(page).toHaveURL(new RegExp(`/items/${round.itemId}$`));
      await expect(page.locator('html')).not.toHaveAttribute('lang', say.lang);
      await visit(page, '/');
      await expect(page.locator('html')).not.toHaveAttribute('lang', say.lang);
    });
  });
}

test.describe('for a browser that asks for neither', () => {
  test.use({ locale: 'fr-FR' });

  test('the shop speaks English', async ({ page }) => {
    await visit(page, '/');
    await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  });

  test('an address that names a language is answered in it, once', async ({ shop, page }) => {
    const round = await shop.round({});
    await visit(page, `/items/${round.itemId}?lang=zh`);
    await expect(page.locator('html')).toHaveAttribute('lang', 'zh-CN');
    await page.getByRole('button', { name: 'English' }).click();
    await isAwake(page);
    await expect(page).toHaveURL(new RegExp(`/items/${round.itemId}$`));
    await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  });
});
