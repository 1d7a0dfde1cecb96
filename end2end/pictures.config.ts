// `npm run pictures`: takes the pictures of the README anew. Not a test run.

import { defineConfig } from '@playwright/test';

import tests from './playwright.config.ts';

export default defineConfig({
  ...tests,
  testDir: 'pictures',
  workers: 1,
  reporter: 'list',
  projects: [{ name: 'pictures' }],
});
