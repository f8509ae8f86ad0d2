/** Real QEMU under TCG in a directory of its own, for tests. */
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { VmSpec } from '../../../../core/instance/spec.ts';
import { aSpec } from '../../../../core/instance/testing/builders.ts';
import type { Runtime } from '../../../../ports/runtime.ts';
import { createHost } from '../../../host/create-host.ts';
import { createSystemClock } from '../../../host/system-clock.ts';
import { createSystemRandom } from '../../../host/system-random.ts';
import { createQemuRuntime } from '../create-qemu-runtime.ts';
import { silentLog } from './guest.ts';

/** For what never comes only. Under TCG the slowest guest (OVMF) takes 7 s to its marker, a minute on a machine with ten times its load. */
const UNTIL_MS = 180_000;

export interface QemuUnderTest {
  runtime: Runtime;
  readonly host: ReturnType<typeof createHost>;
  readonly clock: ReturnType<typeof createSystemClock>;
  readonly random: ReturnType<typeof createSystemRandom>;
  readonly instancesDir: string;
  spec(fields: Partial<VmSpec>): VmSpec;
  restartAgent(): Promise<void>;
  until(what: string, holds: () => Promise<boolean>): Promise<void>;
  /** Processes of these instances, by their working directory. */
  processes(): readonly number[];
  leftovers(): Promise<readonly string[]>;
  /** Ends whatever lives and removes the directory. */
  stop(): Promise<void>;
}

export async function openQemu(cacheDir: string): Promise<QemuUnderTest> {
  const base = mkdtempSync(join(tmpdir(), 'holdfast-qemu-'));
  const instancesDir = join(base, 'instances');
  const clock = createSystemClock();
  const host = createHost();
  const open = () =>
    // A new agent is nobody's parent: it learns no exit codes of processes started before.
    createQemuRuntime(
      { host: createHost(), clock, log: silentLog },
      { instancesDir, imagesDir: join(base, 'images'), keptLogsDir: join(base, 'kept-logs'), cacheDir },
    );
  const test: QemuUnderTest = {
    runtime: await open(),
    host,
    clock,
    random: createSystemRandom(clock.now),
    instancesDir,
    spec: (fields) => aSpec({ memoryMib: 128, cmdline: 'console=ttyS0 quiet', nics: [], accel: 'tcg', ...fields }),
    async restartAgent() {
      test.runtime.close();
      test.runtime = await open();
    },
    async until(what, holds) {
      for (const start = clock.bootMs(); !(await holds()); await clock.sleep(20)) {
        if (clock.bootMs() - start > UNTIL_MS) throw new Error(`Waited ${UNTIL_MS} ms for ${what}`);
      }
    },
    processes: () =>
      readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name) && workingDir(name).startsWith(base))
        .map(Number),
    leftovers: async () => [...readdirSync(instancesDir), ...test.processes().map((pid) => `process: ${pid}`)],
    async stop() {
      // A failed test left things: end and remove them as an agent would, cgroups included.
      const limit = clock.timeout(UNTIL_MS);
      for (const { uid, incarnationId, proof } of await test.runtime.scan(limit)) {
        const ref = { uid, name: 'leftover' };
        if (incarnationId !== null && proof !== null) await test.runtime.kill({ ...ref, incarnationId }, proof, limit);
        await test.runtime.remove(ref, limit);
      }
      test.runtime.close();
      rmSync(base, { recursive: true, force: true });
    },
  };
  return test;
}

function workingDir(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}
