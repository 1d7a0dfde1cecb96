import type { Locator, Page } from '@playwright/test';

/** The page of the built-in payment provider. */
export class SandboxPage {
  readonly title: Locator;
  /** Unfolds the ways a payment can fail. */
  readonly more: Locator;

  constructor(readonly page: Page) {
    this.title = page.getByRole('heading', { level: 1 });
    this.more = page.locator('summary');
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }
}
