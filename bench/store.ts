/**
 * Durable commits per second with 64 in flight, for both writers of the SQLite store, with this disk's sync and with 5 ms
 * added to each (an ordinary SSD), and how long the loop was blocked meanwhile. Each commit puts a record of 1.2 kB.
 *
 *   node bench/store.ts [seconds per case]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createMemoryStore } from '../src/adapters/store/memory.ts';
import { openSqliteStore } from '../src/adapters/store/sqlite.ts';
import type { Store } from '../src/ports/store.ts';

const inFlight = 64;
const keys = 10_000;
const secondsPerCase = Number(process.argv[2] ?? 3);
const filler = 'x'.repeat(1_150);

/** Fills the store, then keeps `clients` commits in flight for some seconds. Returns a line of results. */
async function measure(store: Store, clients: number): Promise<string> {
  for (let n = 0; n < keys; n += 1_000) {
    const put = Array.from({ length: 1_000 }, (_, i) => ({ key: keyOf(n + i), value: { n: 0, filler } }));
    await store.commit({ put });
  }
  const latencies: number[] = [];
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const started = performance.now();
  const end = started + secondsPerCase * 1_000;
  let next = 0;
  const client = async (): Promise<void> => {
    for (;;) {
      const began = performance.now();
      if (began >= end) return;
      const key = keyOf((next++ * 7_919) % keys);
      const expect = [{ key, modRevision: store.get(key)?.modRevision ?? 0 }];
      await store.commit({ expect, put: [{ key, value: { n: next, filler } }] });
      latencies.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  const seconds = (performance.now() - started) / 1_000;
  delay.disable();
  latencies.sort((a, b) => a - b);
  const quantile = (q: number): string => `${(latencies[Math.floor(latencies.length * q)] ?? 0).toFixed(2)} ms`;
  const perSecond = Math.round(latencies.length / seconds).toLocaleString('en');
  const blocked = `${(delay.percentile(99) / 1e6).toFixed(1)} ms`;
  return `${perSecond.padStart(8)}/s  p50 ${quantile(0.5).padStart(9)}  p99 ${quantile(0.99).padStart(9)}  loop delay p99 ${blocked}`;
}

const keyOf = (n: number): string => `vm/${String(n).padStart(6, '0')}`;

for (const clients of [inFlight, 1]) {
  const memory = createMemoryStore();
  console.log(`memory       sync      -  ×${String(clients).padEnd(3)} ${await measure(memory, clients)}`);
  await memory.close();
  for (const syncDelayMs of [0, 5]) {
    for (const writer of ['worker', 'same_thread'] as const) {
      const dir = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
      const store = await openSqliteStore({ file: join(dir, 'store.db'), writer, testHooks: { syncDelayMs } });
      const label = `${writer.padEnd(12)} sync +${syncDelayMs} ms  ×${String(clients).padEnd(3)}`;
      console.log(`${label} ${await measure(store, clients)}`);
      await store.close();
      rmSync(dir, { recursive: true });
    }
  }
}
