// The console of a working page is silent: any message fails the test.

import { expect, type BrowserContext } from '@playwright/test';

export class ConsoleGuard {
  private readonly said: string[] = [];
  private readonly expected: RegExp[] = [];

  /** Listens to every page of a context. */
  watch(context: BrowserContext): void {
    context.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) {
        this.said.push(`${message.type()}: ${message.text()} (${message.location().url})`);
      }
    });
    context.on('weberror', (error) => this.said.push(`uncaught: ${error.error().message}`));
  }

  /** The browser itself logs every error response; a test names the statuses it provokes. */
  expectStatus(...statuses: number[]): void {
    for (const status of statuses) {
      this.expected.push(new RegExp(`^error: Failed to load resource: .* status of ${status} `));
    }
  }

  /** Requests that never arrive are logged too. */
  expectNoConnection(): void {
    this.expected.push(/^error: Failed to load resource: net::ERR_/);
  }

  /** Exceptions of the page that no script catches. */
  expectUncaught(words: RegExp): void {
    this.expected.push(new RegExp(`^uncaught: .*${words.source}`));
  }

  /** Fails on every message that was not expected. */
  check(): void {
    const surprises = this.said.filter((line) => !this.expected.some((known) => known.test(line)));
    expect(surprises, 'the console is silent').toEqual([]);
  }
}
