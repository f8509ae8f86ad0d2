import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConsoleSession, ConsoleViewer } from '../../ports/control-link.ts';
import { anApi, aRunningVm } from '../testing/test-api.ts';

/**
 * A server that is asked for the log of a VM as it grows; `opened` has its say before the node's answer is there, and says how many
 * bytes of what it wrote are history.
 */
async function aFollowedLog(opened: (viewer: ConsoleViewer) => Promise<number | undefined>) {
  const world = await anApi();
  const base = await world.listen();
  const node = await aRunningVm(world);
  const { service } = world.plane.ctx.sessions.require('node-1', 'follow a log');
  const open = service.openConsole.bind(service);
  service.openConsole = async (uid, scrollback, viewer, signal): Promise<ConsoleSession> => {
    const session = await open(uid, scrollback, viewer, signal);
    const moreBytes = (await opened(viewer)) ?? 0;
    return { ...session, historyBytes: session.historyBytes + moreBytes };
  };
  const leaving = new AbortController();
  const headers = { authorization: `Bearer ${world.token}` };
  const asked = fetch(`${base}/v1/vms/web-1/logs?follow=true&tail_bytes=8388608`, { headers, signal: leaving.signal });
  const connections = async (): Promise<number> =>
    await new Promise((resolve, reject) =>
      world.api.server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
    );
  return { world, node, asked, leaving, connections };
}

/** Told by the world and not by time; the limit only ends a test of what never comes. */
const within = { timeout: 120_000 };
const aTurn = (): Promise<void> => new Promise(setImmediate);

test('a viewer that leaves while its log is opened is closed on the node', within, async () => {
  const opening = Promise.withResolvers<void>();
  const letGo = Promise.withResolvers<void>();
  const { world, node, asked, leaving, connections } = await aFollowedLog(async () => {
    opening.resolve();
    await letGo.promise;
    return undefined;
  });
  await opening.promise;
  assert.equal(node.viewers.length, 1);
  leaving.abort();
  await assert.rejects(asked);
  while ((await connections()) > 0) await aTurn();
  letGo.resolve();
  while (node.viewers.length > 0) await aTurn();
  await world.stop();
});

test('a followed log ends with a guest that ends while it is opened, behind what it wrote', within, async () => {
  const { world, asked } = await aFollowedLog(async (viewer) => {
    viewer.closed('the guest ended');
    return undefined;
  });
  const answer = await asked;
  assert.equal(answer.status, 200);
  assert.equal(await answer.text(), 'scrollback\n');
  await world.stop();
});

test(
  'a followed log is not cut for the history it began with, however slowly that is read, and is for what follows',
  within,
  async () => {
    const history = Buffer.alloc(8 * 1024 * 1024, 'history\n');
    const { world, node, asked } = await aFollowedLog(async (viewer) => {
      await viewer.data(history);
      return history.length;
    });
    const answer = await asked;
    const [viewer] = node.viewers;
    assert.ok(viewer !== undefined && answer.body !== null);
    for (let i = 0; i < 10; i += 1) await viewer.data(Buffer.from('live\n'));
    await aTurn();
    assert.deepEqual(node.viewers, [viewer], 'it is followed on');
    const reader = answer.body.getReader();
    const wanted = Number(answer.headers.get('holdfast-history-bytes')) + 10 * 'live\n'.length;
    let read = 0;
    while (read < wanted) read += (await reader.read()).value?.length ?? wanted;
    assert.equal(read, wanted);
    const chunk = Buffer.alloc(1024 * 1024);
    while (node.viewers.length > 0) {
      await viewer.data(chunk);
      await aTurn();
    }
    await world.stop();
  },
);
