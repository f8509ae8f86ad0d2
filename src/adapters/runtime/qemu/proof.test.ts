/** What proves that a process, and a monitor, are those of an incarnation (F4). Any program in its place does for these tests. */
import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { asIncarnationId, asUid } from '../../../core/kit/brand.ts';
import type { IncarnationRef } from '../../../ports/runtime.ts';
import { createHost } from '../../host/create-host.ts';
import { createSystemClock } from '../../host/system-clock.ts';
import { createQemuRuntime } from './create-qemu-runtime.ts';
import { createLayout, FILES, SOCKETS } from './layout.ts';
import { instanceUser } from './names.ts';
import { canUseOwnUsers } from './own-users.ts';
import { silentLog } from './testing/guest.ts';

const skip = !canUseOwnUsers() && 'needs root';
const root = mkdtempSync(join(tmpdir(), 'holdfast-proof-'));
const layout = createLayout(root);
const signal = new AbortController().signal;
const host = createHost({ cgroupRoots: [] });
const runtime = await createQemuRuntime(
  { host, clock: createSystemClock(), log: silentLog },
  { instancesDir: root, imagesDir: join(root, 'images'), keptLogsDir: join(root, 'kept'), cacheDir: root },
);
const nobody = 65_534;
const otherUid = asUid('99999999-9999-4999-8999-999999999999');
const otherIncarnation = asIncarnationId('88888888-8888-4888-8888-888888888888');
let count = 0;

after(() => {
  runtime.close();
  rmSync(root, { recursive: true, force: true });
});

/** A process that runs in the place of an incarnation, with its pid file, and names what it is told to. */
async function inPlace(asUser: (ref: IncarnationRef) => number, words: (ref: IncarnationRef) => readonly string[]) {
  count += 1;
  const ref: IncarnationRef = {
    uid: asUid(`11111111-1111-4111-8111-${String(count).padStart(12, '0')}`),
    name: 'web',
    incarnationId: asIncarnationId(`22222222-2222-4222-8222-${String(count).padStart(12, '0')}`),
  };
  const dir = layout.incarnation(ref);
  mkdirSync(join(dir, FILES.sockets), { recursive: true });
  for (const each of [root, layout.instance(ref.uid), dir]) chmodSync(each, 0o711);
  const stderrFile = join(dir, FILES.stderr);
  const argv = ['perl', '-e', 'sleep 1000', '--', ...words(ref)];
  const start = { dir, lockFile: layout.file(ref.uid, FILES.lock), argv, stdoutFile: stderrFile, stderrFile };
  const user = { uid: asUser(ref), gid: asUser(ref), groups: [] };
  const proof = await host.startProcess({ ...start, user, cgroup: null }, signal);
  return {
    ref,
    proof,
    dir,
    async [Symbol.asyncDispose]() {
      await runtime.kill(ref, proof, signal);
      await runtime.remove(ref, signal);
    },
  };
}

const naming = (uid: string, incarnation: string) => [
  '-uuid',
  uid,
  '-name',
  `guest=web/${incarnation},debug-threads=on`,
];
const ofOwnUser = ({ uid }: IncarnationRef): number => instanceUser(uid).uid;

test('F4 a process of another user is an incarnation only by both its names; else nothing is concluded', {
  skip,
}, async () => {
  const cases = [
    ['names nothing', () => [], 'inconclusive'],
    ['names another instance', ({ incarnationId }: IncarnationRef) => naming(otherUid, incarnationId), 'inconclusive'],
    ['names another incarnation', ({ uid }: IncarnationRef) => naming(uid, otherIncarnation), 'inconclusive'],
    ['names both', ({ uid, incarnationId }: IncarnationRef) => naming(uid, incarnationId), 'alive'],
  ] as const;
  for (const [what, words, life] of cases) {
    await using there = await inPlace(() => nobody, words);
    // With the journaled proof, and without it, as after a crash before it was journaled.
    for (const known of [null, there.proof]) {
      const { process } = await runtime.observe(there.ref, known, signal);
      assert.equal(process.life, life, what);
    }
  }
});

/** A monitor in the place of the process's own, which says that it is these. */
async function monitorNamed(
  { ref, dir }: { readonly ref: IncarnationRef; readonly dir: string },
  uid: string,
  incarnation: string,
) {
  const answers: Readonly<Record<string, unknown>> = {
    qmp_capabilities: {},
    'query-uuid': { UUID: uid },
    'query-name': { name: `web/${incarnation}` },
    'query-status': { status: 'running' },
  };
  const server = createServer((socket) => {
    socket.write('{"QMP":{}}\n');
    createInterface({ input: socket }).on('line', (line) => {
      const { execute, id } = JSON.parse(line) as { readonly execute: string; readonly id: number };
      const answer = answers[execute];
      socket.write(
        `${JSON.stringify(answer === undefined ? { error: { desc: 'no' }, id } : { return: answer, id })}\n`,
      );
    });
  });
  const path = join(dir, SOCKETS.qmp);
  await new Promise<void>((resolve) => server.listen(path, resolve).unref());
  chownSync(path, ofOwnUser(ref), ofOwnUser(ref));
  return { [Symbol.dispose]: () => void server.close() };
}

test('F4 a monitor that answers for another instance or incarnation is none of this one', { skip }, async () => {
  for (const [uid, incarnation, isOwn] of [
    [otherUid, null, false],
    [null, otherIncarnation, false],
    [null, null, true],
  ] as const) {
    await using there = await inPlace(ofOwnUser, () => []);
    using _monitor = await monitorNamed(there, uid ?? there.ref.uid, incarnation ?? there.ref.incarnationId);
    const { process, monitor } = await runtime.observe(there.ref, there.proof, signal);
    assert.equal(process.life, 'alive');
    const because = monitor.kind === 'silent' ? monitor.because : '';
    // Its own is asked on, about devices that this one has none of.
    assert.match(because, isOwn ? /did not answer about the devices/ : /answers for another instance/);
  }
});
