// The console of a page that works is silent: anything said there fails the test.

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

  /** The browser itself reports every answer that is an error; a test names those it provokes. */
  expectStatus(...statuses: number[]): void {
    for (const status of statuses) {
      this.expected.push(new RegExp(`^error: Failed to load resource: .* status of ${status} `));
    }
  }

  /** Requests that never arrive are reported too. */
  expectNoConnection(): void {
    this.expected.push(/^error: Failed to load resource: net::ERR_/);
  }

  /** What a page throws, and no script of it catches. */
  expectUncaught(words: RegExp): void {
    this.expected.push(new RegExp(`^uncaught: .*${words.source}`));
  }

  /** Fails on everything that nobody expected. */
  check(): void {
    const surprises = this.said.filter((line) => !this.expected.some((known) => known.test(line)));
    expect(surprises, 'the console is silent').toEqual([]);
  }
}
