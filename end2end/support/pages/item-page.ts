import { expect, type Locator, type Page } from '@playwright/test';

import { visit } from '../visit.ts';
import { CaptchaDialog } from './captcha-dialog.ts';

/** Where the buy panel can stand. */
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
  /** The way on where there is no button, such as to sign in. */
  readonly link: Locator;
  /** What small screens keep at the bottom. */
  readonly bar: Locator;
  readonly barPrice: Locator;
  readonly barTime: Locator;
  /** What is said of a program that did not start. */
  readonly failed: Locator;
  /** Asks again at once for what the panel waits for. */
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

  /** Waits until the panel stands at one of these states. */
  async reaches(states: PanelState | PanelState[], timeout = 15_000): Promise<void> {
    const names = [states].flat().join('|');
    await expect(this.panel).toHaveAttribute('data-state', new RegExp(`^(${names})$`), { timeout });
  }

  /** Buys the whole way: button, question, result. */
  async buy(): Promise<void> {
    await this.reaches('open');
    await this.action.click();
    await this.captcha.solve();
    await this.reaches('won');
  }
}
