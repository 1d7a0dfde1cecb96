import type { Locator, Page } from '@playwright/test';

/** The page of one order. */
export class OrderPage {
  readonly deadline: Locator;
  readonly cancelButton: Locator;
  readonly confirmCancel: Locator;
  readonly keep: Locator;
  readonly history: Locator;
  readonly payButton: Locator;
  readonly state: Locator;

  constructor(readonly page: Page) {
    this.deadline = page.locator('main .countdown');
    const main = page.getByRole('main');
    this.cancelButton = main.getByRole('button', { name: /^cancel/i });
    this.confirmCancel = main.getByRole('button', { name: /^(yes|cancel it|cancel the order)/i });
    this.keep = main.getByRole('button', { name: /^(no|keep)/i });
    this.history = page.locator('.time-line');
    this.payButton = page.locator('.order__pay button');
    this.state = page.locator('.order__state');
  }
}
