// Accessibility violations that axe finds on a page, in light and in dark.

import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';

type Violation = Awaited<ReturnType<AxeBuilder['analyze']>>['violations'][number] & {
  colorScheme: 'light' | 'dark';
};

/** The rules of axe that judge colours. */
const COLOURS = ['color-contrast', 'link-in-text-block'];

/** Every rule in light; in dark only the colour rules, because only the colours differ. */
export async function violations(page: Page): Promise<Violation[]> {
  const found: Violation[] = [];
  for (const [colorScheme, rules] of [['light', undefined], ['dark', COLOURS]] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    // No page here has frames, so axe needs no second page to gather their results on.
    const axe = new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ['violations'] });
    const { violations } = await (rules ? axe.withRules([...rules]) : axe).analyze();
    found.push(...violations.map((violation) => ({ ...violation, colorScheme })));
  }
  return found;
}
