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
