// Every state of the buy panel, as a scene that a test can set up: by the real shop where that can reach the
// state, else by faked answers.

import type { Page } from '@playwright/test';

import type { ApiBuyer } from './api-buyer.ts';
import type { ConsoleGuard } from './console-guard.ts';
import type { ItemPage } from './pages/item-page.ts';
import type { Shop } from './shop.ts';

/** The parts that a scene uses; every test has them. */
export interface World {
  shop: Shop;
  item: ItemPage;
  page: Page;
  quiet: ConsoleGuard;
  signIn: (token: string) => Promise<void>;
  somebody: (token: string) => Promise<ApiBuyer>;
}

/** Brings the test's page to a state. */
export type Scene = (world: World) => Promise<void>;

/** Opens the page of a new item as a signed-in buyer. */
async function enter(world: World, plan: Parameters<Shop['round']>[0]): Promise<string> {
  const round = await world.shop.round(plan);
  await world.signIn(round.tokens[0]!);
  await world.item.open(round.itemId);
  return round.itemId;
}

async function ask(world: World): Promise<void> {
  await world.item.reaches('open');
  await world.item.action.click();
  await world.item.captcha.picture.waitFor();
}

/** Answers the captcha and fakes the answer to the purchase. */
async function refused(world: World, status: number, json: object): Promise<void> {
  world.quiet.expectStatus(status);
  await enter(world, {});
  await world.page.route('**/seckill/*', (route) => route.fulfill({ status, json }));
  await ask(world);
  await world.item.captcha.solve();
}

/** Fakes the shop's answer about the caller's reservation. */
async function reservation(world: World, state: object): Promise<void> {
  const id = '019a0000-0000-7000-8000-000000000001';
  await world.page.route('**/api/my_reservation?*', (route) => {
    const item_id = new URL(route.request().url()).searchParams.get('item_id');
    return route.fulfill({ json: { reservation_id: id, item_id, ...state } });
  });
  await world.page.route('**/api/reservation?*', (route) =>
    route.fulfill({ json: { reservation_id: id, item_id: id, ...state } }),
  );
}

/** Changes an order in the answer on its way to the page. */
async function order(world: World, change: object): Promise<void> {
  const round = await world.shop.round({});
  await (await world.somebody(round.tokens[0]!)).buy(round.itemId);
  await world.page.route('**/api/order?*', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), ...change } });
  });
  await world.signIn(round.tokens[0]!);
  await world.item.open(round.itemId);
}

/** The states, each named by what has happened. */
export const reachable: Record<string, Scene> = {
  'signed out before the start': async (world) => {
    const round = await world.shop.round({ startsInS: 3000 });
    await world.item.open(round.itemId);
    await world.item.reaches('before');
  },
  'before the start': async (world) => {
    await enter(world, { startsInS: 3000 });
    await world.item.reaches('before');
  },
  'in the last minute': async (world) => {
    await enter(world, { startsInS: 50 });
    await world.item.reaches('warm');
  },
  'ready in the last minute': async (world) => {
    await enter(world, { startsInS: 55 });
    await world.item.reaches('warm');
    await world.item.action.click();
    await world.item.captcha.solve();
    await world.item.captcha.root.waitFor({ state: 'hidden' });
    await world.item.reaches('warm');
  },
  'on sale': async (world) => {
    await enter(world, {});
    await world.item.reaches('open');
  },
  'on sale and signed out': async (world) => {
    const round = await world.shop.round({});
    await world.item.open(round.itemId);
    await world.item.reaches('open');
  },
  'the question is asked': async (world) => {
    await enter(world, {});
    await ask(world);
    await world.item.captcha.inWords.click();
    await world.item.captcha.words.waitFor();
  },
  'the answer was wrong': async (world) => {
    world.quiet.expectStatus(403);
    await enter(world, {});
    await ask(world);
    await world.item.captcha.answer(99);
    await world.item.captcha.message.waitFor();
  },
  'the purchase is on its way': async (world) => {
    await enter(world, {});
    // Never answered: the page is closed with the request open.
    await world.page.route('**/seckill/*', () => {});
    await ask(world);
    await world.item.captcha.solve();
    await world.item.reaches('asking');
  },
  queued: async (world) => {
    await reservation(world, { state: 'queued', position: 37 });
    await enter(world, {});
    await world.item.reaches('queued');
  },
  won: async (world) => {
    await enter(world, {});
    await world.item.buy();
  },
  paid: async (world) => {
    await order(world, { state: 'paid' });
    await world.item.reaches('paid');
  },
  'closed unpaid': async (world) => {
    await order(world, { state: 'closed', close_reason: 'unpaid' });
    await world.item.reaches('expired');
  },
  lost: async (world) => {
    await reservation(world, { state: 'failed', reason: 'sold_out' });
    await enter(world, {});
    await world.item.reaches('lost');
  },
  'sold out': async (world) => {
    const round = await world.shop.round({ stock: 1, buyers: 2 });
    await (await world.somebody(round.tokens[1]!)).buy(round.itemId);
    await world.signIn(round.tokens[0]!);
    await world.item.open(round.itemId);
    await world.item.reaches('sold_out');
  },
  over: async (world) => {
    await enter(world, { startsInS: -100, lastsS: 50 });
    await world.item.reaches('ended');
  },
  'stopped by hand': async (world) => {
    await world.page.route('**/api/stock?*', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...(await response.json()), phase: 'stopped' } });
    });
    await enter(world, {});
    await world.item.reaches('stopped');
  },
  'the shop is busy': async (world) => {
    await refused(world, 503, { error: 'busy', retry_after_s: 30 });
    await world.item.reaches('busy');
  },
  'the account may not buy': async (world) => {
    await refused(world, 403, { error: 'banned' });
    await world.item.reaches('lost');
  },
  'there is no connection': async (world) => {
    world.quiet.expectNoConnection();
    await enter(world, {});
    await ask(world);
    await world.page.route('**/api/**', (route) => route.abort('internetdisconnected'));
    await world.page.route('**/seckill/*', (route) => route.abort('internetdisconnected'));
    await world.item.captcha.answer('1');
    await world.item.reaches('offline');
  },
};
