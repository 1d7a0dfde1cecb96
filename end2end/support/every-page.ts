// Visits every page except those of items, in every state that looks different.

import type { World } from './scenes.ts';
import { visit } from './visit.ts';

/** Opens each page and calls `look` with the name of the page and its state. */
export async function everyPage(
  { shop, page, signIn, somebody, quiet }: World,
  look: (name: string) => Promise<void>,
): Promise<void> {
  quiet.expectStatus(404);
  const round = await shop.round({ buyers: 2 });
  const buyer = await somebody(round.tokens[0]!);
  const orderId = await buyer.buy(round.itemId);
  const open = async (name: string, path: string) => {
    await visit(page, path);
    await look(name);
  };
  await open('list', '/');
  await open('sign in', '/login');
  await open('sign in refused', '/login?error=unauthenticated');
  await open('make an account', '/register');
  await open('make an account refused', '/register?error=invalid&field=mobile_taken');
  await open('not found', '/nowhere');
  await open('help', '/help');
  await open('terms', '/terms');
  await signIn(round.tokens[1]!);
  await open('no orders', '/orders');
  await signIn(round.tokens[0]!);
  await open('list signed in', '/');
  await open('orders', '/orders');
  await open('order', `/orders/${orderId}`);
  await open('account', '/account');
  await open('account refused', '/account?error=invalid&field=current_password');
  await buyer.cancel(orderId);
  await open('order cancelled', `/orders/${orderId}`);
}
