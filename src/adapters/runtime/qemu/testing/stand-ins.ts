/** Any program in the place of a hypervisor, for tests of what it is taken for and of what it can do. Needs root. */
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asIncarnationId, asUid } from '../../../../core/kit/brand.ts';
import type { IncarnationRef } from '../../../../ports/runtime.ts';
import { createHost } from '../../../host/create-host.ts';
import { createSystemClock } from '../../../host/system-clock.ts';
import { createQemuRuntime } from '../create-qemu-runtime.ts';
import { createLayout, FILES } from '../layout.ts';
import { instanceUser } from '../names.ts';
import { silentLog } from './guest.ts';

const signal = new AbortController().signal;
const twelveDigits = (count: number): string => String(count).padStart(12, '0');

export const ofOwnUser = ({ uid }: IncarnationRef): number => instanceUser(uid).uid;

/** A runtime in a directory of its own, whose incarnations are whatever is started. */
export async function openStandIns() {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-any-'));
  const layout = createLayout(root);
  const host = createHost({ cgroupRoots: [] });
  const runtime = await createQemuRuntime(
    { host, clock: createSystemClock(), log: silentLog },
    { instancesDir: root, imagesDir: join(root, 'images'), keptLogsDir: join(root, 'kept'), cacheDir: root },
  );
  let count = 0;
  return {
    ...{ root, layout, runtime },
    /** A program in the place of another incarnation of VM "web", with its pid file. */
    async start(argvOf: (ref: IncarnationRef) => readonly string[], asUser = ofOwnUser) {
      count += 1;
      const ref: IncarnationRef = {
        uid: asUid(`11111111-1111-4111-8111-${twelveDigits(count)}`),
        name: 'web',
        incarnationId: asIncarnationId(`22222222-2222-4222-8222-${twelveDigits(count)}`),
      };
      const user = { uid: asUser(ref), gid: asUser(ref), groups: [] };
      const dir = layout.incarnation(ref);
      mkdirSync(join(dir, FILES.sockets), { recursive: true });
      chownSync(join(dir, FILES.sockets), user.uid, user.gid);
      for (const each of [root, layout.instance(ref.uid), dir]) chmodSync(each, 0o711);
      const stderrFile = join(dir, FILES.stderr);
      const files = { dir, lockFile: layout.file(ref.uid, FILES.lock), stdoutFile: stderrFile, stderrFile };
      const proof = await host.startProcess({ ...files, argv: argvOf(ref), user, cgroup: null }, signal);
      return {
        ...{ ref, proof, dir },
        async [Symbol.asyncDispose]() {
          await runtime.kill(ref, proof, signal);
          await runtime.remove(ref, signal);
        },
      };
    },
    close(): void {
      runtime.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}
