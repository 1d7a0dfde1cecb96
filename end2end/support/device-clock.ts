// A device whose clock is wrong, as is common.

import type { BrowserContext } from '@playwright/test';

/** Shifts `Date` in every page of the context; `performance.now()` stays as it is. */
export async function setDeviceClock(context: BrowserContext, shiftMs: number): Promise<void> {
  await context.addInitScript((shift) => {
    const Real = Date;
    class Shifted extends Real {
      constructor(...parts: unknown[]) {
        if (parts.length === 0) super(Real.now() + shift);
        else super(...(parts as [number]));
      }
      static override now(): number {
        return Real.now() + shift;
      }
    }
    globalThis.Date = Shifted as DateConstructor;
  }, shiftMs);
}
