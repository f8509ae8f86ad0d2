/**
 * Acknowledged is durable, against SIGKILL: processes under load are killed at random points, and each time the file must
 * hold every acknowledged write and no half transaction. SIGKILL keeps the page cache: `sync.test.ts` is about the disk.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openSqliteStore } from '../../src/adapters/store/sqlite.ts';
import type { WatchBatch } from '../../src/ports/store.ts';

const killsPerLane = 100;
const clients = 12;
const child = fileURLToPath(new URL('./load-child.ts', import.meta.url));

interface Acknowledged {
  readonly numbers: Map<number, number>;
  revision: number;
}

/** Starts a process that waits for its line: the next one starts up while the one before is under load. */
function startChild(file: string, writer: string, transactions: number): ChildProcess {
  return spawn(process.execPath, [child, file, writer, 'FULL', String(clients), String(transactions)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { NODE_COMPILE_CACHE: join(dirname(file), 'compile-cache') },
  });
}

/** Lets the process work, kills it after `acks` acknowledgements (negative: while it opens), and notes all it said. */
async function killUnderLoad(process: ChildProcess, acks: number, acknowledged: Acknowledged): Promise<number> {
  assert.ok(process.stdout !== null && process.stdin !== null);
  const exited = once(process, 'exit');
  let count = 0;
  const lines = createInterface({ input: process.stdout });
  lines.on('line', (line) => {
    const [word, slot, number, revision, whole] = line.split(' ');
    if (word === 'ack' && whole === '.') {
      count += 1;
      acknowledged.numbers.set(Number(slot), Number(number));
      acknowledged.revision = Math.max(acknowledged.revision, Number(revision));
    }
    if (count >= acks) process.kill('SIGKILL');
  });
  const drained = once(lines, 'close');
  process.stdin.write('go\n');
  for (let turns = acks < 0 ? Math.random() * 400 : 0; turns > 0; turns -= 1) await new Promise(setImmediate);
  if (acks < 0) process.kill('SIGKILL');
  const [, signal] = await exited;
  await drained;
  assert.equal(signal, 'SIGKILL', 'the process ended by itself');
  return count;
}

/** Reopens the file and checks entries and change log against what was acknowledged. */
async function check(file: string, { numbers, revision }: Acknowledged): Promise<void> {
  const store = await openSqliteStore({ file, writer: 'same_thread', changeLogLimit: 600 });
  assert.ok(store.revision() >= revision, `revision ${store.revision()}, acknowledged ${revision}`);
  for (let slot = 0; slot < clients; slot += 1) {
    const [a, b, c] = ['a', 'b', 'c'].map((key) => store.get(`${key}/${slot}`));
    assert.equal(a?.value, b?.value, `half a transaction in slot ${slot}`);
    assert.equal(a?.value, c?.value, `half a transaction in slot ${slot}`);
    assert.equal(a?.modRevision, c?.modRevision);
    const acknowledged = numbers.get(slot) ?? 0;
    const found = Number(a?.value ?? 0);
    assert.ok(found >= acknowledged, `slot ${slot} has ${found}, acknowledged ${acknowledged}`);
    // One transaction per client may be durable without its answer.
    assert.ok(found <= acknowledged + 1, `slot ${slot} has ${found}, acknowledged ${acknowledged}`);
    numbers.set(slot, found);
  }
  const start = store.watch('', 0, () => {});
  const from = start.kind === 'compacted' ? start.oldestRevision : 0;
  const batches: WatchBatch[] = [];
  store.watch('', from, (batch) => batches.push(batch));
  const last = store.revision();
  await store.close();
  assert.ok(batches.every(({ events }) => events.length === 3));
  assert.deepEqual(
    batches.map((batch) => batch.revision),
    Array.from({ length: last - from }, (_, n) => from + 1 + n),
  );
}

async function lane(writer: 'worker' | 'same_thread', report: (text: string) => void): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-kill-'));
  const file = join(dir, 'store.db');
  // What the first process below writes.
  const acknowledged: Acknowledged = { numbers: new Map([[0, 1]]), revision: 1 };
  let acks = 0;
  // One that ends by itself leaves compiled code behind, which halves the start of the others.
  const first = startChild(file, writer, 1);
  first.stdin?.write('go\n');
  await once(first, 'exit');
  let next = startChild(file, writer, 0);
  try {
    for (let kill = 1; kill <= killsPerLane; kill += 1) {
      const current = next;
      next = startChild(file, writer, 0);
      // One in ten dies while it opens the file, which is when recovery runs.
      acks += await killUnderLoad(current, kill % 10 === 0 ? -1 : Math.floor(Math.random() * 80), acknowledged);
      await check(file, acknowledged);
    }
  } finally {
    next.kill('SIGKILL');
  }
  report(`${writer}: ${killsPerLane} kills, ${acks} acknowledged transactions, revision ${acknowledged.revision}`);
  rmSync(dir, { recursive: true });
}

it('keeps every acknowledged write and no half transaction through 200 SIGKILLs under load', async (t) => {
  const report = (text: string): void => t.diagnostic(text);
  await Promise.all([lane('worker', report), lane('same_thread', report)]);
});
