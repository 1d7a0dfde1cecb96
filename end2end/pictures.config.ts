// `make pictures` retakes the README's pictures, `make screenshots` takes pictures of every page and state
// for people to look at. Not a test run.

import { defineConfig } from '@playwright/test';

import tests from './playwright.config.ts';

export default defineConfig({
  ...tests,
  testDir: 'pictures',
  workers: 1,
  reporter: 'list',
  projects: [
    { name: 'readme', testMatch: 'readme.spec.ts' },
    { name: 'states', testMatch: 'states.spec.ts' },
  ],
});
