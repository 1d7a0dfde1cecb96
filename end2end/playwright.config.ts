// The browser tests: a system Chromium against the release build. Every worker starts a shop of its
// own (support/shop.ts), so there is no server to start here.

import { defineConfig } from '@playwright/test';

import type { ShopOptions } from './support/test.ts';

export const chromium = {
  executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
};

const desktop = { viewport: { width: 1280, height: 800 } };
const phone = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  hasTouch: true,
  isMobile: true,
};

export default defineConfig<object, ShopOptions>({
  testDir: 'tests',
  outputDir: 'test-results',
  forbidOnly: !!process.env['CI'],
  fullyParallel: true,
  // A test that only passes at its second try counts as failed.
  retries: 0,
  // On two cores: the tests spend a third of their time waiting for the shop's clock.
  workers: 3,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [['list'], ['json', { outputFile: 'test-results/report.json' }]],
  use: {
    locale: 'en-US',
    timezoneId: 'Asia/Shanghai',
    launchOptions: chromium,
    actionTimeout: 10_000,
    navigationTimeout: 15_000,
    // Screenshots in the trace would make every passing test a third slower.
    trace: { mode: 'retain-on-failure', screenshots: false, snapshots: true, sources: false },
    screenshot: 'only-on-failure',
  },
  projects: [
    {
      name: 'desktop',
      use: desktop,
      testIgnore: ['without-javascript.spec.ts', 'phone.spec.ts', 'buy-bar.spec.ts'],
    },
    {
      name: 'mobile',
      use: phone,
      testMatch: [
        'phone.spec.ts',
        'buy-bar.spec.ts',
        'purchase.spec.ts',
        'payment.spec.ts',
        'captcha.spec.ts',
        'accessibility.spec.ts',
      ],
    },
    {
      name: 'no-js',
      use: { ...desktop, javaScriptEnabled: false },
      testMatch: ['without-javascript.spec.ts'],
    },
  ],
});
