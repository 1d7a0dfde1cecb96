// Our own `test`: a shop for each worker, signed-in buyers, a guarded console.

import { test as base, type BrowserContext, type Page } from '@playwright/test';

import { ApiBuyer } from './api-buyer.ts';
import { ConsoleGuard } from './console-guard.ts';
import { ItemPage } from './pages/item-page.ts';
import { OrderPage } from './pages/order-page.ts';
import type { World } from './scenes.ts';
import { Shop, type Plan, type Settings } from './shop.ts';

export { expect } from '@playwright/test';

/** Options that a test file may set for its shop. */
export interface ShopOptions {
  /** Settings of the server that differ from its defaults. */
  settings: Settings;
  /** Without the demonstration that normally fills an empty shop. */
  isEmpty: boolean;
}

interface OfWorker extends ShopOptions {
  shop: Shop;
}

/** An order that waits for payment, with its page open. */
export interface UnpaidOrder {
  orderId: string;
  order: OrderPage;
  /** Its buyer, without a browser. */
  buyer: ApiBuyer;
}

interface OfTest {
  /** Fails the test when a page writes to its console. */
  quiet: ConsoleGuard;
  /** Opens a page in a new browser context, signed in with a token. */
  signedIn: (token: string) => Promise<Page>;
  /** Signs the test's own page in. */
  signIn: (token: string) => Promise<void>;
  /** Another buyer, without a browser. */
  somebody: (token: string) => Promise<ApiBuyer>;
  /** The item page of the test's own page. */
  item: ItemPage;
  /** Opens the page of a new order that waits for payment, signed in as its buyer. */
  unpaidOrder: (plan?: Plan) => Promise<UnpaidOrder>;
  /** Everything a scene needs. */
  world: World;
}

export const test = base.extend<OfTest, OfWorker>({
  settings: [{}, { scope: 'worker', option: true }],
  isEmpty: [false, { scope: 'worker', option: true }],

  shop: [
    async ({ settings, isEmpty }, use) => {
      const shop = await Shop.open(settings, isEmpty);
      await use(shop);
      await shop.close();
    },
    { scope: 'worker' },
  ],

  baseURL: async ({ shop }, use) => use(shop.url),

  quiet: async ({}, use) => {
    const guard = new ConsoleGuard();
    await use(guard);
    guard.check();
  },

  context: async ({ context, quiet }, use) => {
    quiet.watch(context);
    await use(context);
  },

  signIn: async ({ context, shop }, use) => use((token) => addCookie(context, shop, token)),

  signedIn: async ({ browser, quiet, shop }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async (token) => {
      const context = await browser.newContext();
      contexts.push(context);
      quiet.watch(context);
      await addCookie(context, shop, token);
      return context.newPage();
    });
    await Promise.all(contexts.map((context) => context.close()));
  },

  somebody: async ({ playwright, shop }, use) => {
    const closers: (() => Promise<void>)[] = [];
    await use(async (token) => {
      const request = await playwright.request.newContext({
        baseURL: shop.url,
        extraHTTPHeaders: { authorization: `Bearer ${token}` },
      });
      closers.push(() => request.dispose());
      return new ApiBuyer(request);
    });
    await Promise.all(closers.map((close) => close()));
  },

  item: async ({ page }, use) => use(new ItemPage(page)),

  unpaidOrder: async ({ shop, page, signIn, somebody }, use) =>
    use(async (plan = {}) => {
      const round = await shop.round(plan);
      const token = round.tokens[0]!;
      const buyer = await somebody(token);
      const orderId = await buyer.buy(round.itemId);
      await signIn(token);
      await page.goto(`/orders/${orderId}`);
      return { orderId, order: new OrderPage(page), buyer };
    }),

  world: async ({ shop, item, page, quiet, signIn, somebody }, use) =>
    use({ shop, item, page, quiet, signIn, somebody }),
});

async function addCookie(context: BrowserContext, shop: Shop, token: string): Promise<void> {
  await context.addCookies([
    { name: 'seckill_login', value: token, url: shop.url, httpOnly: true, sameSite: 'Lax' },
  ]);
}
