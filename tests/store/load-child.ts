/**
 * A process that is killed: it opens a store once a line on standard input tells it to, writes without end from many
 * clients, and prints each acknowledgement. Every transaction puts one number under three keys of its slot.
 *
 *   node load-child.ts FILE WRITER SYNCHRONOUS CLIENTS TRANSACTIONS
 *
 * Prints "open .", then "ack SLOT NUMBER REVISION ." per transaction (without the dot a line was cut off); after
 * TRANSACTIONS of them (0: never) it closes and ends.
 */
import { writeSync } from 'node:fs';
import { openSqliteStore } from '../../src/adapters/store/sqlite.ts';

const [file = '', writer = '', synchronous = '', clients = '', transactions = ''] = process.argv.slice(2);
const total = Number(transactions);

/** Straight to the descriptor: nothing printed may wait in a buffer of this process when it is killed. */
function say(line: string): void {
  for (let rest = Buffer.from(`${line} .\n`); rest.length > 0; ) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      // The reader is behind: the pipe does not block.
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    }
  }
}

await new Promise<void>((resolve) => process.stdin.once('data', () => resolve()));
process.stdin.destroy();

const store = await openSqliteStore({
  file,
  writer: writer === 'worker' ? 'worker' : 'same_thread',
  changeLogLimit: 600,
  testHooks: { checkpointPages: 100, ...(synchronous === 'OFF' ? { synchronous } : {}) },
});
say('open');

let begun = 0;

async function client(slot: number): Promise<void> {
  const before = store.get(`a/${slot}`)?.value;
  for (let number = typeof before === 'number' ? before + 1 : 1; total === 0 || begun < total; number += 1) {
    begun += 1;
    const put = ['a', 'b', 'c'].map((key) => ({ key: `${key}/${slot}`, value: number }));
    const result = await store.commit({ put });
    if (!result.ok) throw new Error('refused');
    say(`ack ${slot} ${number} ${result.revision}`);
  }
}

await Promise.all(Array.from({ length: Number(clients) }, (_, slot) => client(slot)));
await store.close();
