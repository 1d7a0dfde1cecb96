import { expect, type Locator, type Page } from '@playwright/test';

import { visit } from '../visit.ts';
import { CaptchaDialog } from './captcha-dialog.ts';

/** The states of the buy panel. */
export type PanelState =
  | 'loading'
  | 'before'
  | 'warm'
  | 'open'
  | 'asking'
  | 'queued'
  | 'won'
  | 'paid'
  | 'expired'
  | 'lost'
  | 'sold_out'
  | 'ended'
  | 'stopped'
  | 'busy'
  | 'offline';

/** The page of an item with its buy panel. */
export class ItemPage {
  readonly panel: Locator;
  readonly status: Locator;
  readonly countdown: Locator;
  /** The one main action of the state. */
  readonly action: Locator;
  readonly orderLink: Locator;
  /** The link shown in place of the button, such as to sign in. */
  readonly link: Locator;
  /** The bar at the bottom of small screens. */
  readonly bar: Locator;
  readonly barPrice: Locator;
  readonly barTime: Locator;
  /** The message that the program did not start. */
  readonly failed: Locator;
  /** The button that retries at once. */
  readonly retry: Locator;
  readonly captcha: CaptchaDialog;

  constructor(readonly page: Page) {
    this.panel = page.locator('section.buy-panel');
    this.status = this.panel.getByRole('status');
    this.countdown = this.panel.locator('.countdown');
    this.action = this.panel.getByRole('button').first();
    this.orderLink = this.panel.locator('a[href^="/orders/"]');
    this.link = this.panel.locator('.buy-panel__link');
    this.bar = this.panel.locator('.buy-panel__actions');
    this.barPrice = this.bar.locator('.buy-panel__price');
    this.barTime = this.bar.locator('.buy-panel__time');
    this.failed = this.panel.locator('.buy-panel__failed:not([hidden])');
    this.retry = this.panel.getByRole('button', { name: /retry now|立即重试/i });
    this.captcha = new CaptchaDialog(page);
  }

  async open(itemId: string): Promise<void> {
    await visit(this.page, `/items/${itemId}`);
  }

  /** Waits until the panel is in one of these states. */
  async reaches(states: PanelState | PanelState[], timeout = 15_000): Promise<void> {
    const names = [states].flat().join('|');
    await expect(this.panel).toHaveAttribute('data-state', new RegExp(`^(${names})$`), { timeout });
  }

  /** Buys: button, captcha, result. */
  async buy(): Promise<void> {
    await this.reaches('open');
    await this.action.click();
    await this.captcha.solve();
    await this.reaches('won');
  }
}
