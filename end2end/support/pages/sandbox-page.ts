import type { Locator, Page } from '@playwright/test';

/** The page of the payment provider that is built in. */
export class SandboxPage {
  readonly title: Locator;
  /** Shows what can go wrong. */
  readonly more: Locator;

  constructor(readonly page: Page) {
    this.title = page.getByRole('heading', { level: 1 });
    this.more = page.locator('summary');
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }
}
