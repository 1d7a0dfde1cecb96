// Staff accounts.

import type { Page } from '@playwright/test';

import type { Shop } from './shop.ts';

let administrators = 0;

/** Adds an administrator, with a number that no one else in the test has, and signs the page in without a form;
 * returns the password. */
export async function signInAtOnce(page: Page, shop: Shop): Promise<string> {
  const mobile = `1391239${String((administrators += 1)).padStart(4, '0')}`;
  const password = await shop.addStaff(mobile, '管理员', 'admin');
  await page.request.post('/api/login', {
    form: { mobile, password },
    headers: { origin: shop.url },
  });
  return password;
}
