// A start page that stays open over the start and the end of a round, and one opened just then.

import type { Page, ViewportSize } from '@playwright/test';

import { layoutShifts, noteLayoutShifts } from '../support/layout-shifts.ts';
import type { Round, Shop } from '../support/shop.ts';
import { expect, test } from '../support/test.ts';
import { visit } from '../support/visit.ts';

// Only these tests' rounds, and a start page that shows a new one soon.
test.use({ isEmpty: true, settings: { SECKILL_PAGE_LIFE_S: '1' } });
test.describe.configure({ mode: 'serial', timeout: 90_000 });

/** A round that the start page already lists. */
async function listedRound(shop: Shop, startsInS: number, lastsS: number): Promise<Round> {
  const round = await shop.round({ startsInS, lastsS });
  const isListed = async () => (await startPage(shop)).includes(`round-${round.roundId}`);
  await expect.poll(isListed, { timeout: 15_000 }).toBe(true);
  return round;
}

async function startPage(shop: Shop): Promise<string> {
  return (await fetch(shop.url)).text();
}

function partsOf(page: Page, round: Round) {
  const section = page.locator(`#round-${round.roundId}`);
  return {
    title: page.locator('.opening__title > :visible'),
    line: page.locator('.opening__countdown > :visible'),
    chip: page.locator(`a.round-link[href="#round-${round.roundId}"] [data-when]:visible`),
    time: section.locator('.round__time:visible'),
    card: section.locator('.card__status > :visible'),
  };
}

test('the list turns at the start and at the end by itself, and nothing moves', async ({
  shop,
  page,
  context,
}) => {
  const round = await listedRound(shop, 25, 10);
  const desk = turns(page, round, { width: 1280, height: 800 });
  await Promise.all([desk, turns(await context.newPage(), round, { width: 390, height: 664 })]);
});

/** Watches a list from before the start of the round until after its end. */
async function turns(page: Page, round: Round, viewport: ViewportSize): Promise<void> {
  await page.setViewportSize(viewport);
  await noteLayoutShifts(page);
  await visit(page, '/');
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  const { title, line, chip, time, card } = partsOf(page, round);
  await expect(title).toHaveText('The next round opens in');
  await expect(line).toHaveText(/^\s*00:\d\d\.\d\s*$/);
  await expect(chip).toHaveText(/^\d\d:\d\d$/);
  await expect(time).toContainText('Opens today');
  await expect(card).toHaveText(/^Not open yet/);

  await expect(title).toHaveText('On sale now', { timeout: 30_000 });
  await expect(line).toHaveText('Started. See what is left');
  await expect(chip).toHaveText('Now');
  await expect(time).toContainText('Ends today');
  await expect(card).toHaveText(/100 % left/i);
  await expect(page.getByText('Not open yet')).toBeHidden();
  await expect.poll(() => asked).toContain('/api/stock');

  await expect(title).toHaveText('No round at the moment', { timeout: 20_000 });
  await expect(chip).toHaveText('Ended');
  await expect(time).toContainText('Ended today');
  await expect(card).toHaveText('Ended');
  expect(asked.filter((path) => !path.startsWith('/api/'))).toEqual([]);
  expect(await layoutShifts(page)).toBeLessThan(0.001);
}

test('a visitor right after the start does not get the page from before it', async ({ shop }) => {
  const round = await listedRound(shop, 15, 3600);
  const section = async () => (await startPage(shop)).split(`href="#round-${round.roundId}"`)[0];
  // The chip's phase stands right before its link.
  const phase = async () => (await section())?.match(/data-phase="(\w+)"/g)?.at(-1);
  expect(await phase()).toBe('data-phase="upcoming"');
  await expect
    .poll(async () => ((await serverTimeMs(shop)) >= round.startsAtMs ? 'started' : 'waiting'), {
      timeout: 20_000,
      intervals: [20],
    })
    .toBe('started');
  expect(await phase()).toBe('data-phase="running"');
});

async function serverTimeMs(shop: Shop): Promise<number> {
  const answer = (await (await fetch(`${shop.url}/api/clock`)).json()) as { now_ms: number };
  return answer.now_ms;
}
