/**
 * A hypervisor that was taken over by its guest (spec §12): it is its own user's, and everything it says, its command line
 * and its sockets included, is a lie. Any program in its place does for these tests.
 */
import assert from 'node:assert/strict';
import { linkSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { asUid } from '../../../core/kit/brand.ts';
import { faultCode } from '../../../core/kit/fault.ts';
import type { IncarnationRef } from '../../../ports/runtime.ts';
import { FILES, SOCKETS } from './layout.ts';
import { canUseOwnUsers } from './own-users.ts';
import { openStandIns } from './testing/stand-ins.ts';

const signal = new AbortController().signal;
const standIns = await openStandIns();
const { root, layout, runtime } = standIns;
const victim = asUid('99999999-9999-4999-8999-999999999999');

after(() => standIns.close());

const skip = !canUseOwnUsers() && 'needs root';

test('a process that rewrote its command line is known by its user, and can be ended (F2, F4)', { skip }, async () => {
  await using taken = await standIns.start(() => ['sleep', '1000']);
  const { process } = await runtime.observe(taken.ref, taken.proof, signal);
  assert.deepEqual(process, { life: 'alive', proof: taken.proof });
  await assert.rejects(runtime.clear(taken.ref, signal), (error) => faultCode(error) === 'still_running');
});

test('a process that names another instance is found as its own (F4)', { skip }, async () => {
  const lie = ['perl', '-e', 'sleep 1000', '--', '-uuid', victim, '-name', 'guest=victim/2'];
  await using taken = await standIns.start(() => lie);
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
  const nobody = 65_534;
  const argvOf = ({ uid }: IncarnationRef) => ['perl', '-e', 'sleep 1000', '--', '-uuid', uid];
  await using other = await standIns.start(argvOf, () => nobody);
  rmSync(join(layout.incarnation(other.ref), 'pid'));
  const { uid } = other.ref;
  const found = (await runtime.scan(signal)).filter((each) => each.uid === uid);
  assert.deepEqual(
    found.map(({ proof }) => proof),
    [null],
  );
});

test("a process's socket that is a link, or another's, is not spoken to (spec §12)", { skip }, async () => {
  await using taken = await standIns.start(() => ['sleep', '1000']);
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
  await using taken = await standIns.start(() => ['sleep', '1000']);
  const file = join(layout.incarnation(taken.ref), FILES.stderr);
  for (let n = 0; n < 3; n += 1) writeFileSync(file, Buffer.alloc(2 ** 20, 'x'), { flag: 'a' });
  writeFileSync(file, '\nlast words\n', { flag: 'a' });
  await runtime.observe(taken.ref, taken.proof, signal);
  assert.ok(statSync(file).size < 2 ** 20);
  await runtime.kill(taken.ref, taken.proof, signal);
  const { process } = await runtime.observe(taken.ref, taken.proof, signal);
  assert.ok(process.life === 'dead' && process.stderrTail.at(-1) === 'last words');
});
