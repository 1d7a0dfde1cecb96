// axe finds nothing serious on any page or in any state of the panel, and nothing moves for visitors who
// prefer reduced motion.

import type { Page } from '@playwright/test';

import { violations } from '../support/axe.ts';
import { everyPage } from '../support/every-page.ts';
import { reachable, type Scene } from '../support/scenes.ts';
import { expect, test } from '../support/test.ts';
import { visit } from '../support/visit.ts';

async function isClean(page: Page, where: string): Promise<void> {
  const grave = (await violations(page))
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, colorScheme, nodes }) => {
      return `${id}, ${colorScheme}: ${nodes.map((node) => node.html).join(' ')}`;
    });
  expect(grave, where).toEqual([]);
}

test('every page is accessible', async ({ world }) => {
  test.slow();
  await everyPage(world, (name) => isClean(world.page, name));
});

test('visitors who prefer reduced motion see no motion', async ({ shop, page }) => {
  const round = await shop.round({});
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await visit(page, `/items/${round.itemId}`);
  const ink = () => page.evaluate(() => getComputedStyle(document.body).color);
  const light = await ink();
  const moved = await page.evaluateHandle(() => {
    const properties: string[] = [];
    document.addEventListener('transitionrun', (event) => properties.push(event.propertyName));
    return properties;
  });
  await page.emulateMedia({ colorScheme: 'dark' });
  await expect.poll(ink).not.toBe(light);
  // Two frames: every effect of a change has begun in the second.
  const frame = () => page.evaluate(() => new Promise((begun) => requestAnimationFrame(begun)));
  await frame();
  await frame();
  expect(await moved.jsonValue()).toEqual([]);
});

for (const [name, arrange] of Object.entries(reachable) as [string, Scene][]) {
  test(`the item's page is accessible when ${name}`, async ({ world }) => {
    test.slow();
    await arrange(world);
    await isClean(world.page, name);
  });
}
