import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fault } from '../../core/kit/fault.ts';
import { storeContract } from '../../ports/store.contract.ts';
import { openSqliteStore } from './sqlite.ts';

for (const writer of ['worker', 'same_thread'] as const) {
  storeContract(
    `sqlite, ${writer}`,
    async ({ changeLogLimit }) => {
      const dir = mkdtempSync(join(tmpdir(), 'holdfast-store-'));
      const failures: ('store_full' | 'store_failed')[] = [];
      let held: Promise<void> | undefined;
      const gate = async (): Promise<void> => {
        const code = failures.shift();
        await held;
        if (code !== undefined) throw new Fault(code, 'Cannot write to the store: the test says so');
      };
      const open = () =>
        openSqliteStore({
          file: join(dir, 'store.db'),
          writer,
          testHooks: { gate },
          ...(changeLogLimit === undefined ? {} : { changeLogLimit }),
        });
      let store = await open();
      return {
        store,
        async reopen() {
          await store.close();
          store = await open();
          return store;
        },
        hold() {
          const { promise, resolve } = Promise.withResolvers<void>();
          held = promise;
          return resolve;
        },
        failNext(code) {
          failures.push(code);
        },
        async dispose() {
          await store.close();
          rmSync(dir, { recursive: true });
        },
      };
    },
    { modelRuns: writer === 'worker' ? 12 : 100 },
  );
}
