import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { runtimeContract } from '../../../ports/runtime.contract.ts';
import { guestArtefacts, whyNoQemu } from './testing/guest.ts';
import { openQemu } from './testing/open-qemu.ts';

const cacheDir = mkdtempSync(join(tmpdir(), 'holdfast-probe-'));

after(() => rmSync(cacheDir, { recursive: true, force: true }));

runtimeContract(
  'QEMU under TCG',
  async () => {
    const { direct, withRoot } = await guestArtefacts();
    const qemu = await openQemu(cacheDir);
    return Object.assign(qemu, {
      artefacts: direct,
      withRoot,
      readyText: 'HOLDFAST-GUEST-READY',
      freePort,
      async hang({ pid }: { readonly pid: number }) {
        process.kill(pid, 'SIGSTOP');
      },
    });
  },
  whyNoQemu(),
);

let lastPort = 20_000 + (process.pid % 10_000);

/** Below those that the kernel gives to whoever asks for any: another test would be given it before QEMU takes it. */
async function freePort(): Promise<number> {
  for (;;) {
    lastPort += 1;
    if (await canListen(lastPort)) return lastPort;
  }
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
