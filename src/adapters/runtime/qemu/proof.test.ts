/** What proves that a process, and a monitor, are those of an incarnation (F4). Any program in its place does for these tests. */
import assert from 'node:assert/strict';
import { chownSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { asIncarnationId, asUid } from '../../../core/kit/brand.ts';
import type { IncarnationRef } from '../../../ports/runtime.ts';
import { SOCKETS } from './layout.ts';
import { canUseOwnUsers } from './own-users.ts';
import { ofOwnUser, openStandIns } from './testing/stand-ins.ts';

const skip = !canUseOwnUsers() && 'needs root';
const signal = new AbortController().signal;
const standIns = await openStandIns();
const { runtime } = standIns;
const nobody = 65_534;
const otherUid = asUid('99999999-9999-4999-8999-999999999999');
const otherIncarnation = asIncarnationId('88888888-8888-4888-8888-888888888888');
const sleeping = ['perl', '-e', 'sleep 1000', '--'];

after(() => standIns.close());

const naming = (uid: string, incarnation: string) => [
  '-uuid',
  uid,
  '-name',
  `guest=web/${incarnation},debug-threads=on`,
];

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
    await using there = await standIns.start(
      (ref) => [...sleeping, ...words(ref)],
      () => nobody,
    );
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
    await using there = await standIns.start(() => sleeping);
    using _monitor = await monitorNamed(there, uid ?? there.ref.uid, incarnation ?? there.ref.incarnationId);
    const { process, monitor } = await runtime.observe(there.ref, there.proof, signal);
    assert.equal(process.life, 'alive');
    const because = monitor.kind === 'silent' ? monitor.because : '';
    // Its own is asked on, about devices that this one has none of.
    assert.match(because, isOwn ? /did not answer about the devices/ : /answers for another instance/);
  }
});
