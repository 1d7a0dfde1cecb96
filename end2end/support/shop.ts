// A separate shop for each worker: the release binary over a fresh data folder, on a port the system chooses.

import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { expect } from '@playwright/test';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');
const binary =
  process.env['SECKILL_SERVER'] ??
  join(process.env['CARGO_TARGET_DIR'] ?? join(root, 'target'), 'release', 'server');

/** Settings of the server, as environment variables. */
export type Settings = Record<string, string>;

/** The properties of a test round. */
export interface Plan {
  /** Units on sale. */
  stock?: number;
  /** Buyers who are signed in. */
  buyers?: number;
  /** Opens after this many seconds; negative: opened that long ago. */
  startsInS?: number;
  /** Stays open for this many seconds. */
  lastsS?: number;
  /** Time to pay. */
  payWindowS?: number;
}

/** A round with one item, and buyers' log-in tokens. */
export interface Round {
  roundId: string;
  itemId: string;
  startsAtMs: number;
  tokens: string[];
}

export class Shop {
  private rounds = 0;

  private constructor(
    /** Its address. */
    readonly url: string,
    private readonly folder: string,
    private readonly environment: NodeJS.ProcessEnv,
    private readonly server: ChildProcess,
  ) {}

  /** Starts a shop, with the demonstration or empty, and waits until it is ready. */
  static async open(settings: Settings, isEmpty = false): Promise<Shop> {
    const folder = await mkdtemp(join(tmpdir(), 'seckill-shop-'));
    const environment = {
      ...process.env,
      // The system picks a free port when the server binds: one found earlier may be taken by then.
      SECKILL_ADDR: '127.0.0.1:0',
      SECKILL_DATA_DIR: join(folder, 'data'),
      SECKILL_SITE_ROOT: join(root, 'target', 'site'),
      ...settings,
    };
    if (isEmpty) await run(binary, ['migrate'], { env: environment });
    const server = spawn(binary, isEmpty ? ['serve'] : [], {
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    await keepLog(server);
    const url = await whereItIsOpen(server);
    return new Shop(url, folder, environment, server);
  }

  /** Creates a round with the command line beside the running server, and waits until the shop shows it. */
  async round(plan: Plan): Promise<Round> {
    const tokens = join(this.folder, `tokens-${(this.rounds += 1)}`);
    const options: [string, number | undefined][] = [
      ['--stock', plan.stock ?? 10],
      ['--buyers', plan.buyers ?? 1],
      ['--starts-in-s', plan.startsInS ?? -1],
      ['--lasts-s', plan.lastsS],
      ['--pay-window-s', plan.payWindowS],
    ];
    const given = options
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name}=${value}`);
    const { stdout } = await run(binary, ['seed', '--load', ...given, '--tokens', tokens], {
      env: this.environment,
    });
    const made = JSON.parse(stdout) as { round_id: string; item_id: string; starts_at_ms: number };
    await expect
      .poll(() => status(`${this.url}/api/item?item_id=${made.item_id}`), { intervals: [100] })
      .toBe(200);
    return {
      roundId: made.round_id,
      itemId: made.item_id,
      startsAtMs: made.starts_at_ms,
      tokens: (await readFile(tokens, 'utf8')).trim().split('\n'),
    };
  }

  /** Adds a member of staff beside the running server, and returns the password. */
  async addStaff(mobile: string, nickname: string, role: 'operator' | 'reviewer' | 'admin'): Promise<string> {
    const { stdout } = await run(binary, ['account', 'add', mobile, nickname, '--role', role], {
      env: this.environment,
    });
    return stdout.trim();
  }

  /** Stops the server, audits the ledger, and removes everything. */
  async close(): Promise<void> {
    if (this.server.exitCode === null) {
      const ended = once(this.server, 'exit');
      this.server.kill('SIGTERM');
      await ended;
    }
    // Fails when an invariant is broken: no test may oversell.
    await run(binary, ['audit', '--json'], { env: this.environment });
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function status(url: string): Promise<number> {
  return fetch(url).then(
    (response) => response.status,
    () => 0,
  );
}

/** Waits for the log line with the address, which the server writes once it answers. */
async function whereItIsOpen(server: ChildProcess): Promise<string> {
  let said = '';
  const open = new Promise<string>((resolve, reject) => {
    const listen = (words: Buffer) => {
      said += words.toString();
      const url = /The shop is open: (\S+)/.exec(said)?.[1];
      if (url !== undefined) resolve(url);
    };
    server.stdout?.on('data', listen);
    server.stderr?.on('data', listen);
    server.once('error', reject);
    server.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
    setTimeout(() => reject(new Error(`the server did not open: ${said}`)), 30_000).unref();
  });
  const url = await open;
  await expect.poll(() => status(`${url}/readyz`), { timeout: 20_000, intervals: [50] }).toBe(200);
  return url;
}

/** Keeps the server's log with the test results, for debugging. */
async function keepLog(server: ChildProcess): Promise<void> {
  const folder = resolve(import.meta.dirname, '../test-results');
  await mkdir(folder, { recursive: true });
  const log = createWriteStream(join(folder, `server-${server.pid}.log`));
  server.stdout?.pipe(log, { end: false });
  server.stderr?.pipe(log, { end: false });
}
