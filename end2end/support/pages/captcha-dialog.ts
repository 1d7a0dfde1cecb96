import { expect, type Locator, type Page } from '@playwright/test';

import { workOut } from '../arithmetic.ts';

/** The question before a purchase. */
export class CaptchaDialog {
  readonly root: Locator;
  readonly picture: Locator;
  readonly field: Locator;
  readonly words: Locator;
  readonly inWords: Locator;
  readonly newPicture: Locator;
  readonly close: Locator;
  readonly message: Locator;

  constructor(page: Page) {
    this.root = page.getByRole('dialog');
    this.picture = this.root.locator('img.captcha__picture');
    this.field = this.root.locator('input[name=answer]');
    this.words = this.root.locator('.captcha__words');
    this.inWords = this.root.getByRole('button', { name: /in words|文字/i });
    this.newPicture = this.root.getByRole('button', { name: /new picture|换一张/i });
    this.close = this.root.getByRole('button', { name: /close|关闭/i });
    this.message = this.root.getByRole('alert');
  }

  /** The right answer, read from the question in words. */
  async rightAnswer(): Promise<number> {
    await this.inWords.click();
    return this.rightAnswerShown();
  }

  /** The same, when the words are already shown. */
  async rightAnswerShown(): Promise<number> {
    await expect(this.words).toHaveText(/\d/);
    return workOut(await this.words.innerText());
  }

  /** Types an answer and sends it. */
  async answer(answer: number | string): Promise<void> {
    await this.field.fill(String(answer));
    await this.field.press('Enter');
  }

  /** Gives the right answer by way of the words. */
  async solve(): Promise<void> {
    await expect(this.root).toBeVisible();
    await this.answer(await this.rightAnswer());
  }
}
