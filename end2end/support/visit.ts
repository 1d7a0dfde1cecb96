// Opens pages and waits until they are awake.

import { expect, type Page } from '@playwright/test';

/** Opens a page and waits until every island of it is awake. */
export async function visit(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await isAwake(page);
}

/** Loads the page again and waits until it is awake. */
export async function reload(page: Page): Promise<void> {
  await page.reload();
  await isAwake(page);
}

/** Every island has woken up, and there is at least one (the header's badge). */
export async function isAwake(page: Page): Promise<void> {
  await expect(page.locator('[data-ready="true"]').first()).toBeAttached();
  await expect(page.locator('leptos-island:not(:has([data-ready="true"]))')).toHaveCount(0);
}
