// Answering before the start is not punished, survives a reload, and its expiry is shown.

import type { Page } from '@playwright/test';

import type { ItemPage } from '../support/pages/item-page.ts';
import { expect, test } from '../support/test.ts';
import { isAwake, reload, visit } from '../support/visit.ts';

// Shorter than the time between the answer and the start.
test.use({ settings: { SECKILL_PATH_LIFE_S: '4' } });

/** Counts the questions that a page asks for. */
function questions(page: Page): string[] {
  const asked: string[] = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/api/captcha')) asked.push(request.url());
  });
  return asked;
}

async function answerEarly(item: ItemPage, itemId: string): Promise<void> {
  await item.open(itemId);
  await item.reaches('warm');
  await item.action.click();
  await item.captcha.solve();
  await expect(item.captcha.root).toBeHidden();
  await expect(item.status).toContainText(/ready/i);
}

test('an answer given long before the start is good after it', async ({
  shop,
  item,
  page,
  signIn,
}) => {
  const asked = questions(page);
  const round = await shop.round({ startsInS: 12 });
  await signIn(round.tokens[0]!);
  await answerEarly(item, round.itemId);
  await item.reaches('open', 20_000);
  await item.action.click();
  await item.reaches('won');
  expect(asked).toHaveLength(1);
});

test('a ready buyer stays ready through reload, going back and the other language', async ({
  shop,
  item,
  page,
  signIn,
}) => {
  const asked = questions(page);
  const round = await shop.round({ startsInS: 25 });
  await signIn(round.tokens[0]!);
  await answerEarly(item, round.itemId);

  await reload(page);
  await expect(item.status).toContainText(/ready/i);

  await visit(page, '/');
  await page.goBack();
  await isAwake(page);
  await expect(item.status).toContainText(/ready/i);

  await page.getByRole('button', { name: '中文' }).click();
  await expect(page.locator('html')).toHaveAttribute('lang', 'zh-CN');
  await expect(item.status).toContainText('您已准备好');

  await item.reaches('open', 30_000);
  await item.action.click();
  await item.reaches('won');
  expect(asked).toHaveLength(1);
});

test('the panel says that an answer expired, and a new answer buys', async ({
  shop,
  item,
  page,
  signIn,
}) => {
  const round = await shop.round({ startsInS: 8 });
  await signIn(round.tokens[0]!);
  await answerEarly(item, round.itemId);
  await item.reaches('open');
  await expect(item.status).toContainText('Your answer has expired');
  await expect(item.panel).toContainText('Please answer the question once more.');
  await item.action.click();
  await expect(item.captcha.message).toContainText('too long ago');
  await item.captcha.solve();
  await item.reaches('won');

  // Nothing is left behind in the tab.
  const kept = await page.evaluate(() => Object.keys(sessionStorage));
  expect(kept).toEqual([]);
});
