// Those who run the shop.

import type { Page } from '@playwright/test';

import type { Shop } from './shop.ts';

/** Adds an administrator and signs the page in as them, without a form; returns their password. */
export async function signInAtOnce(page: Page, shop: Shop, mobile: string): Promise<string> {
  const password = await shop.addStaff(mobile, '管理员', 'admin');
  await page.request.post('/api/login', {
    form: { mobile, password },
    headers: { origin: shop.url },
  });
  return password;
}
