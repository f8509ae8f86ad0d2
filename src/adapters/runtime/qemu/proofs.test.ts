/**
 * F4: what proves that a process is an incarnation's own, one part at a time: its command line, its place, its monitor. Any program
 * in the place of a hypervisor does for these tests.
 */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { asIncarnationId, asUid } from '../../../core/kit/brand.ts';
import type { IncarnationRef } from '../../../ports/runtime.ts';
import { createHost } from '../../host/create-host.ts';
import { createSystemClock } from '../../host/system-clock.ts';
import { guestName } from './argv.ts';
import { createQemuRuntime } from './create-qemu-runtime.ts';
import { createLayout, FILES, SOCKETS } from './layout.ts';
import { createMonitor } from './monitor.ts';
import { instanceUser } from './names.ts';
import { canUseOwnUsers } from './own-users.ts';
import { silentLog } from './testing/guest.ts';

const root = mkdtempSync(join(tmpdir(), 'holdfast-proofs-'));
const [instancesDir, otherDir] = [join(root, 'instances'), join(root, 'others')];
const clock = createSystemClock();
const host = createHost({ cgroupRoots: [] });
const runtime = await createQemuRuntime(
  { host, clock, log: silentLog },
  { instancesDir, imagesDir: join(root, 'images'), keptLogsDir: join(root, 'kept'), cacheDir: root },
);
const signal = new AbortController().signal;
const nobody = 65_534;
let count = 0;

after(() => {
  runtime.close();
  rmSync(root, { recursive: true, force: true });
});

function aRef(): IncarnationRef {
  count += 1;
  const end = String(count).padStart(12, '0');
  const incarnationId = asIncarnationId(`44444444-4444-4444-8444-${end}`);
  return { uid: asUid(`33333333-3333-4333-8333-${end}`), name: 'web', incarnationId };
}

/** Runs with the words by which a hypervisor of `said` says who it is, in the place of `ref`. */
async function standIn(ref: IncarnationRef, said: IncarnationRef, { dir: base = instancesDir, own = false } = {}) {
  const layout = createLayout(base);
  const dir = layout.incarnation(ref);
  mkdirSync(join(dir, FILES.sockets), { recursive: true });
  for (const each of [root, base, layout.instance(ref.uid), dir]) chmodSync(each, 0o711);
  const words = ['-uuid', said.uid, '-name', `guest=${guestName(said)},debug-threads=on`];
  const user = own ? instanceUser(ref.uid) : { uid: nobody, gid: nobody };
  const stderrFile = join(dir, FILES.stderr);
  const start = {
    ...{ dir, lockFile: layout.file(ref.uid, FILES.lock), stdoutFile: stderrFile, stderrFile, cgroup: null },
    argv: ['perl', '-e', 'sleep 1000', '--', ...words],
    user: canUseOwnUsers() ? { ...user, groups: [] } : null,
  };
  const proof = await host.startProcess(start, signal);
  return {
    proof,
    async [Symbol.asyncDispose]() {
      await host.killProcess(proof, 'SIGKILL');
    },
  };
}

test('a process is the one of an incarnation by the uid and the incarnation on its command line, and by nothing less (F4)', async () => {
  const stranger = aRef();
  for (const [what, said, life] of [
    ['its own', (ref: IncarnationRef) => ref, 'alive'],
    ['another instance', (ref: IncarnationRef) => ({ ...ref, uid: stranger.uid }), 'inconclusive'],
    [
      'another incarnation',
      (ref: IncarnationRef) => ({ ...ref, incarnationId: stranger.incarnationId }),
      'inconclusive',
    ],
  ] as const) {
    const ref = aRef();
    await using process = await standIn(ref, said(ref));
    for (const known of [null, process.proof]) {
      assert.equal((await runtime.observe(ref, known, signal)).process.life, life, what);
    }
  }
});

test('a process of another data directory is nothing of this node, whoever it says it is (F4)', async () => {
  const [mine, other] = [aRef(), aRef()];
  await using _mine = await standIn(mine, mine, { own: true });
  await using _other = await standIn(other, other, { dir: otherDir, own: true });
  rmSync(join(createLayout(instancesDir).incarnation(mine), 'pid'));
  const found = (await runtime.scan(signal)).flatMap(({ uid, proof }) => (proof === null ? [] : [uid]));
  assert.deepEqual(found, [mine.uid]);
});

/** The way of `ref` to a monitor that answers for another incarnation, or its own. */
async function monitorOf(ref: IncarnationRef, said: IncarnationRef) {
  count += 1;
  const dir = join(root, `monitor-${count}`);
  mkdirSync(join(dir, FILES.sockets), { recursive: true });
  const answers: Readonly<Record<string, unknown>> = {
    qmp_capabilities: {},
    'query-uuid': { UUID: said.uid },
    'query-name': { name: guestName(said) },
    'query-status': { status: 'running' },
  };
  const server = createServer((socket) => {
    socket.unref();
    socket.write('{"QMP": {"version": {}, "capabilities": []}}\r\n');
    socket.on('error', () => {});
    socket.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n').filter((each) => each.trim() !== '')) {
        const { id, execute } = JSON.parse(line) as { readonly id: number; readonly execute: string };
        socket.write(`${JSON.stringify({ return: answers[execute] ?? {}, id })}\r\n`);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(join(dir, SOCKETS.qmp), resolve).unref());
  const monitor = createMonitor(clock, ref, { dir, user: null });
  return {
    monitor,
    [Symbol.dispose]() {
      monitor.close();
      server.close();
    },
  };
}

test('a monitor that answers for another instance or incarnation is not listened to (F4)', async () => {
  const [ref, stranger] = [aRef(), aRef()];
  for (const [said, kind] of [
    [ref, 'answered'],
    [{ ...ref, uid: stranger.uid }, 'silent'],
    [{ ...ref, incarnationId: stranger.incarnationId }, 'silent'],
  ] as const) {
    using listening = await monitorOf(ref, said);
    assert.equal((await listening.monitor.look(signal)).kind, kind, guestName(said));
  }
});
