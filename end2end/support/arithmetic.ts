// Solves the captcha's question from its words.

const WORDS: Record<string, '+' | '-' | '×'> = {
  plus: '+',
  加: '+',
  minus: '-',
  减: '-',
  times: '×',
  乘: '×',
};

/** `3 plus 5 minus 2` and `3 加 5 减 2`; multiplication before plus and minus. */
export function workOut(words: string): number {
  const parts = words.match(/\d+|plus|minus|times|加|减|乘/g) ?? [];
  // A sum of products: every × joins the number to the last term.
  const terms: number[] = [];
  let operator: '+' | '-' | '×' = '+';
  for (const part of parts) {
    const word = WORDS[part];
    if (word) {
      operator = word;
    } else if (operator === '×') {
      terms.push((terms.pop() ?? 1) * Number(part));
    } else {
      terms.push(operator === '-' ? -Number(part) : Number(part));
    }
  }
  if (terms.length === 0) throw new Error(`no question in ${JSON.stringify(words)}`);
  return terms.reduce((sum, term) => sum + term, 0);
}
