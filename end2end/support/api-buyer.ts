// A rival buyer without a browser, who is quicker.

import { expect, type APIRequestContext, type APIResponse } from '@playwright/test';

import { workOut } from './arithmetic.ts';

export interface Reservation {
  reservation_id: string;
  state: 'queued' | 'ordered' | 'failed';
  order_id?: string;
}

export interface Order {
  order_id: string;
  item_id: string;
  state: 'pending_payment' | 'paid' | 'refunding' | 'refunded' | 'closed';
  close_reason?: 'unpaid' | 'cancelled';
}

export class ApiBuyer {
  constructor(private readonly request: APIRequestContext) {}

  /** Captcha, path, purchase: until a unit is held. */
  async reserve(itemId: string): Promise<string> {
    const bought = await this.request.post(await this.path(itemId), { data: { item_id: itemId } });
    return (await json<{ reservation_id: string }>(bought)).reservation_id;
  }

  /** Like `reserve`, and waits until the order is written; returns its id. */
  async buy(itemId: string): Promise<string> {
    const reservationId = await this.reserve(itemId);
    let orderId: string | undefined;
    await expect
      .poll(async () => {
        const answer = await this.request.get('/api/reservation', {
          params: { reservation_id: reservationId },
        });
        const reservation = await json<Reservation>(answer);
        orderId = reservation.order_id;
        return reservation.state;
      })
      .toBe('ordered');
    if (!orderId) throw new Error('an order without an id');
    return orderId;
  }

  /** A hidden path for this buyer. */
  async path(itemId: string): Promise<string> {
    const asked = await this.request.post('/api/captcha', { data: { item_id: itemId } });
    const { captcha_id } = await json<{ captcha_id: string }>(asked);
    const spelt = await this.request.post('/api/captcha_words', { data: { captcha_id } });
    const { words } = await json<{ words: string }>(spelt);
    const answer = String(workOut(words));
    const path = await this.request.post('/api/path', {
      data: { item_id: itemId, captcha_id, answer },
    });
    return `/seckill/${(await json<{ path: string }>(path)).path}`;
  }

  async orders(): Promise<Order[]> {
    return json<Order[]>(await this.request.get('/api/orders'));
  }

  async cancel(orderId: string): Promise<void> {
    await json(await this.request.post('/api/cancel', { data: { order_id: orderId } }));
  }
}

async function json<T>(response: APIResponse): Promise<T> {
  expect(response, await response.text()).toBeOK();
  return (await response.json()) as T;
}
