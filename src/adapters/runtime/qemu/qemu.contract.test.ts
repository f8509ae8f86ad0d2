import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { aSpec } from '../../../core/instance/testing/builders.ts';
import { runtimeContract } from '../../../ports/runtime.contract.ts';
import { createHost } from '../../host/create-host.ts';
import { createSystemClock } from '../../host/system-clock.ts';
import { createSystemRandom } from '../../host/system-random.ts';
import { createQemuRuntime } from './create-qemu-runtime.ts';
import { guestArtefacts, silentLog, whyNoQemu } from './testing/guest.ts';

const base = mkdtempSync(join(tmpdir(), 'holdfast-qemu-'));
const cacheDir = join(base, 'cache');
const clock = createSystemClock();
const random = createSystemRandom(clock.now);
const host = createHost();
let count = 0;

after(() => rmSync(base, { recursive: true, force: true }));

runtimeContract(
  'QEMU under TCG',
  async () => {
    count += 1;
    const instancesDir = join(base, `world-${count}`);
    const open = () =>
      createQemuRuntime({ host, clock, log: silentLog }, { instancesDir, imagesDir: join(base, 'images'), cacheDir });
    const { direct, withRoot } = await guestArtefacts();
    const processes = (): readonly number[] =>
      readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .filter((pid) => workingDir(pid).startsWith(instancesDir))
        .map(Number);
    const world = {
      runtime: await open(),
      host,
      random,
      spec: (fields: Parameters<typeof aSpec>[0]) =>
        aSpec({ memoryMib: 128, cmdline: 'console=ttyS0 quiet', nics: [], accel: 'tcg', ...fields }),
      artefacts: direct,
      withRoot,
      readyText: 'HOLDFAST-GUEST-READY',
      freePort,
      async restartAgent() {
        world.runtime.close();
        world.runtime = await open();
      },
      async hang({ pid }: { readonly pid: number }) {
        process.kill(pid, 'SIGSTOP');
      },
      async until(what: string, holds: () => Promise<boolean>) {
        for (const start = clock.bootMs(); !(await holds()); await clock.sleep(20)) {
          if (clock.bootMs() - start > 30_000) throw new Error(`Waited 30 s for ${what}`);
        }
      },
      leftovers: async () => [
        ...readdirSync(instancesDir),
        ...processes().map((pid) => `process: ${readFileSync(`/proc/${pid}/cmdline`, 'utf8')}`),
      ],
      async stop() {
        world.runtime.close();
        for (const pid of processes()) process.kill(pid, 'SIGKILL');
      },
    };
    return world;
  },
  whyNoQemu(),
);

function workingDir(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
