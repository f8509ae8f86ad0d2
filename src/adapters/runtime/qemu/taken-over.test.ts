/**
 * A hypervisor that was taken over by its guest (spec §12): it is its own user's, and everything it says, its command line
 * and its sockets included, is a lie. Any program in its place does for these tests.
 */
import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { asIncarnationId, asUid } from '../../../core/kit/brand.ts';
import { faultCode } from '../../../core/kit/fault.ts';
import type { IncarnationRef } from '../../../ports/runtime.ts';
import { createHost } from '../../host/create-host.ts';
import { createSystemClock } from '../../host/system-clock.ts';
import { createQemuRuntime } from './create-qemu-runtime.ts';
import { createLayout, FILES, SOCKETS } from './layout.ts';
import { instanceUser } from './names.ts';
import { canUseOwnUsers } from './own-users.ts';
import { silentLog } from './testing/guest.ts';

const root = mkdtempSync(join(tmpdir(), 'holdfast-taken-'));
const layout = createLayout(root);
const signal = new AbortController().signal;
const host = createHost({ cgroupRoots: [] });
const runtime = await createQemuRuntime(
  { host, clock: createSystemClock(), log: silentLog },
  { instancesDir: root, imagesDir: join(root, 'images'), keptLogsDir: join(root, 'kept'), cacheDir: root },
);
const victim = asUid('99999999-9999-4999-8999-999999999999');
let count = 0;

after(() => {
  runtime.close();
  rmSync(root, { recursive: true, force: true });
});

/** A process of the instance's own user in the instance's own place. */
async function takenOver(argv: readonly string[], asUser: number | null = null) {
  count += 1;
  const ref: IncarnationRef = {
    uid: asUid(`11111111-1111-4111-8111-${String(count).padStart(12, '0')}`),
    name: 'taken',
    incarnationId: asIncarnationId(`22222222-2222-4222-8222-${String(count).padStart(12, '0')}`),
  };
  const own = instanceUser(ref.uid);
  const user = asUser === null ? own : { uid: asUser, gid: asUser };
  const dir = layout.incarnation(ref);
  mkdirSync(join(dir, FILES.sockets), { recursive: true });
  chownSync(join(dir, FILES.sockets), user.uid, user.gid);
  for (const each of [root, layout.instance(ref.uid), dir]) chmodSync(each, 0o711);
  const stderrFile = join(dir, FILES.stderr);
  const start = { dir, lockFile: layout.file(ref.uid, FILES.lock), argv, stdoutFile: stderrFile, stderrFile };
  const proof = await host.startProcess({ ...start, user: { ...user, groups: [] }, cgroup: null }, signal);
  return {
    ref,
    proof,
    async [Symbol.asyncDispose]() {
      await runtime.kill(ref, proof, signal);
      await runtime.remove(ref, signal);
    },
  };
}

const skip = !canUseOwnUsers() && 'needs root';

test('a process that rewrote its command line is known by its user, and can be ended (F2, F4)', { skip }, async () => {
  await using taken = await takenOver(['sleep', '1000']);
  const { process } = await runtime.observe(taken.ref, taken.proof, signal);
  assert.deepEqual(process, { life: 'alive', proof: taken.proof });
  await assert.rejects(runtime.clear(taken.ref, signal), (error) => faultCode(error) === 'still_running');
});

test('a process that names another instance is found as its own (F4)', { skip }, async () => {
  const lie = ['perl', '-e', 'sleep 1000', '--', '-uuid', victim, '-name', 'guest=victim/2'];
  await using taken = await takenOver(lie);
  rmSync(join(layout.incarnation(taken.ref), 'pid'));
  const { uid, incarnationId } = taken.ref;
  const found = await runtime.scan(signal);
  assert.deepEqual(
    found.find(({ proof }) => proof?.pid === taken.proof.pid),
    {
      ...{ uid, incarnationId, name: null },
      proof: taken.proof,
    },
  );
  assert.equal(
    found.some((each) => each.uid === victim),
    false,
  );
});

test("a process of another user in an instance's place is not taken for the instance's (F4)", { skip }, async () => {
  const uid = asUid(`11111111-1111-4111-8111-${String(count + 1).padStart(12, '0')}`);
  await using other = await takenOver(['perl', '-e', 'sleep 1000', '--', '-uuid', uid], 65_534);
  rmSync(join(layout.incarnation(other.ref), 'pid'));
  assert.equal(other.ref.uid, uid);
  const found = (await runtime.scan(signal)).filter((each) => each.uid === uid);
  assert.deepEqual(
    found.map(({ proof }) => proof),
    [null],
  );
});

test("a process's socket that is a link, or another's, is not spoken to (spec §12)", { skip }, async () => {
  await using taken = await takenOver(['sleep', '1000']);
  const other = join(root, 'socket-of-the-host');
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.end();
  });
  await new Promise<void>((resolve) => server.listen(other, resolve).unref());
  const dir = layout.incarnation(taken.ref);
  const attach = () =>
    runtime.attachConsole(
      taken.ref,
      0,
      () => {},
      () => {},
    );
  for (const [put, name] of [
    [symlinkSync, 'a symbolic link'],
    [linkSync, 'a hard link'],
  ] as const) {
    for (const socket of [SOCKETS.serial, SOCKETS.qmp]) put(other, join(dir, socket));
    await assert.rejects(attach(), (error) => faultCode(error) === 'monitor_failed', name);
    const { monitor } = await runtime.observe(taken.ref, taken.proof, signal);
    assert.equal(monitor.kind, 'silent', name);
    for (const socket of [SOCKETS.serial, SOCKETS.qmp]) rmSync(join(dir, socket));
  }
  assert.equal(connections, 0);
  server.close();
});

test('a process that goes on complaining does not fill the disk, and its last words are kept', { skip }, async () => {
  await using taken = await takenOver(['sleep', '1000']);
  const file = join(layout.incarnation(taken.ref), FILES.stderr);
  for (let n = 0; n < 3; n += 1) writeFileSync(file, Buffer.alloc(2 ** 20, 'x'), { flag: 'a' });
  writeFileSync(file, '\nlast words\n', { flag: 'a' });
  await runtime.observe(taken.ref, taken.proof, signal);
  assert.ok(statSync(file).size < 2 ** 20);
  await runtime.kill(taken.ref, taken.proof, signal);
  const { process } = await runtime.observe(taken.ref, taken.proof, signal);
  assert.ok(process.life === 'dead' && process.stderrTail.at(-1) === 'last words');
});
