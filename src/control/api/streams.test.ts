import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anApi, aRunningVm, type TestApi } from '../testing/test-api.ts';
import { aBody, aPlane } from '../testing/test-plane.ts';
import { create } from '../testing/vm-steps.ts';
import { name, watch } from '../testing/watch-stream.ts';

test('a watch tells added, modified and deleted in order, with the document as GET answers it', async () => {
  const world = await anApi();
  const base = await world.listen();
  const node = await world.node();
  const stream = await watch(world, base, 'vms?watch=true');
  assert.equal(stream.response.headers.get('content-type'), 'text/event-stream');
  await world.call('POST', '/v1/vms', { body: aBody('web-1') });
  const added = await stream.next();
  assert.equal(added.type, 'added');
  assert.equal(added.id, String(added.revision));
  await world.clock.settle();
  await node.follow();
  await world.clock.settle();
  let seen = await stream.next();
  while ((seen.object as unknown as { status: { phase: string } }).status.phase !== 'running')
    seen = await stream.next();
  assert.equal(seen.type, 'modified');
  await world.call('DELETE', '/v1/vms/web-1');
  await world.clock.settle();
  await node.follow();
  while (seen.type !== 'deleted') seen = await stream.next();
  assert.deepEqual(Object.keys(seen.object).sort(), ['kind', 'name', 'uid']);
  stream.close();
  await world.stop();
});

test('a change of metrics or observed_at alone sends nothing to watchers, a stale node does', async () => {
  const world = await anApi();
  const base = await world.listen();
  const node = await aRunningVm(world);
  const stream = await watch(world, base, 'vms?watch=true');
  const before = (await world.call('GET', '/v1/vms/web-1')).json.status.observed_at;
  await world.clock.advance(10_000);
  await node.report();
  await world.clock.settle();
  assert.notEqual((await world.call('GET', '/v1/vms/web-1')).json.status.observed_at, before);
  await world.clock.advance(31_000);
  const first = await stream.next();
  const second = first.type === 'bookmark' ? await stream.next() : first;
  assert.equal(second.type, 'modified');
  assert.equal((second.object as unknown as { status: { stale: boolean } }).status.stale, true);
  stream.close();
  await world.stop();
});

test('what is observed anew and shows in no document sends nothing to watchers', async () => {
  const world = await anApi();
  const base = await world.listen();
  const node = await aRunningVm(world);
  const stream = await watch(world, base, 'vms?watch=true');
  const revision = world.plane.ctx.store.revision();
  node.script('web-1', () => ({ runEnded: { run: 1, cause: 'guest_power_off', at: 1 }, history: [] }));
  await node.report();
  await world.clock.settle();
  assert.notEqual(world.plane.ctx.store.revision(), revision, 'the observation is stored');
  await world.call('PATCH', '/v1/vms/web-1', { body: { labels: { after: 'it' } } });
  await world.clock.settle();
  const first = await stream.next();
  const told = first.type === 'bookmark' ? await stream.next() : first;
  assert.deepEqual((told.object as unknown as { labels: object }).labels, { after: 'it' });
  stream.close();
  await world.stop();
});

test('what time alone changes is told as modified: a start without progress reads error', async () => {
  const world = await anApi();
  const base = await world.listen();
  const node = await world.node();
  await world.call('POST', '/v1/vms', { body: aBody('web-1') });
  await world.clock.settle();
  const stream = await watch(world, base, 'vms?watch=true');
  for (let at = 0; at < 31; at += 1) {
    await world.clock.advance(10_000);
    await node.report();
  }
  let seen = await stream.next();
  while (seen.type !== 'modified') seen = await stream.next();
  const { status } = seen.object as unknown as { status: { phase: string; reason: { code: string } } };
  assert.equal(status.phase, 'error');
  assert.equal(status.reason.code, 'operation_deadline_exceeded');
  stream.close();
  await world.stop();
});

test('a resumed watch misses nothing; a point of another epoch or too old is 410 before any event', async () => {
  const world = await anApi();
  const base = await world.listen();
  await world.call('POST', '/v1/vms', { body: aBody('a') });
  const { revision } = (await world.call('GET', '/v1/vms')).json;
  await world.call('POST', '/v1/vms', { body: aBody('b') });
  await world.call('PATCH', '/v1/vms/a', { body: { labels: { x: 'y' } } });
  await world.clock.settle();
  const stream = await watch(world, base, 'vms?watch=true', revision);
  const seen = new Map<string, string>();
  while (seen.size < 2) {
    const event = await stream.next();
    seen.set(name(event), event.type);
  }
  assert.deepEqual([...seen].sort(), [
    ['a', 'modified'],
    ['b', 'added'],
  ]);
  await world.call('POST', '/v1/vms', { body: aBody('c') });
  let next = await stream.next();
  while (name(next) !== 'c') next = await stream.next();
  assert.equal(next.type, 'added');
  stream.close();
  const future = await watch(world, base, 'vms?watch=true', 1_000_000);
  assert.equal(future.status, 410);
  const epoch = await watch(world, base, `vms?watch=true&revision=${revision}&epoch=7`);
  assert.equal(epoch.status, 410);
  assert.equal(((await epoch.response.json()) as { error: { code: string } }).error.code, 'relist_required');
  await world.stop();
});

test('a watcher with a label selector hears a VM come and go as its labels change', async () => {
  const world = await anApi();
  const base = await world.listen();
  await world.call('POST', '/v1/vms', { body: aBody('a') });
  await world.clock.settle();
  const stream = await watch(world, base, 'vms?watch=true&label_selector=app%3Dweb&fields=name,labels');
  await world.call('POST', '/v1/vms', { body: aBody('b', { labels: { app: 'db' } }) });
  await world.call('PATCH', '/v1/vms/a', { body: { labels: { app: 'web' } } });
  const added = await stream.next();
  assert.equal(added.type, 'added');
  assert.equal(name(added), 'a');
  assert.deepEqual(Object.keys(added.object), ['kind', 'name', 'labels']);
  await world.call('PATCH', '/v1/vms/a', { body: { labels: { app: 'db' } } });
  assert.equal((await stream.next()).type, 'deleted');
  stream.close();
  await world.stop();
});

test('a resume point that cannot be is 410 with what is wrong with it, before any event (examples e)', async () => {
  const world = await anApi({}, { changeLogLimit: 4 });
  const base = await world.listen();
  for (const at of [1, 2, 3, 4, 5, 6]) await world.call('POST', '/v1/vms', { body: aBody(`vm-${at}`) });
  await world.clock.settle();
  const { revision, epoch } = (await world.call('GET', '/v1/vms')).json;
  const refusalOf = async (query: string, lastEventId?: number) => {
    const { status, response } = await watch(world, base, `vms?watch=true${query}`, lastEventId);
    assert.equal(status, 410);
    const { error } = (await response.json()) as {
      error: { code: string; message: string; details: Record<string, unknown> };
    };
    assert.equal(error.code, 'relist_required');
    assert.equal(
      error.details['next_action'],
      "List again without a resume revision, then watch from the list's revision",
    );
    assert.equal(error.details['epoch'], epoch);
    return error;
  };
  const old = await refusalOf('', 1);
  const oldest = old.details['oldest_revision'];
  assert.equal(old.message, `Cannot resume the watch at revision 1: the oldest kept revision is ${oldest}`);
  assert.deepEqual(Object.keys(old.details), ['request_id', 'oldest_revision', 'epoch', 'next_action']);
  const future = await refusalOf('', revision + 1_000);
  assert.match(future.message, /: the newest revision is \d+$/);
  const elsewhere = await refusalOf(`&revision=${revision}&epoch=${epoch + 1}`);
  assert.match(elsewhere.message, new RegExp(`: it is of epoch ${epoch + 1}, the store is at epoch ${epoch}$`));
  await world.stop();
});

/** The types and names of all that comes before a VM called `end` is added. */
async function untilEnd(world: TestApi, stream: Awaited<ReturnType<typeof watch>>, fields: object): Promise<string[]> {
  await world.call('POST', '/v1/vms', { body: aBody('end', fields) });
  const seen: string[] = [];
  for (;;) {
    const event = await stream.next();
    if (name(event) === 'end') return seen;
    seen.push(`${event.type} ${name(event)}`);
  }
}

test('a filtered watch that resumes hears of what matched at its resume point or matches now, and of nothing else', async () => {
  const world = await anApi();
  const base = await world.listen();
  const web = { labels: { app: 'web' } };
  const db = { labels: { app: 'db' } };
  const create = (vm: string, fields: object) => world.call('POST', '/v1/vms', { body: aBody(vm, fields) });
  const label = (vm: string, fields: object) => world.call('PATCH', `/v1/vms/${vm}`, { body: fields });
  for (const vm of ['stays', 'leaves', 'goes', 'returns']) await create(vm, web);
  for (const vm of ['comes', 'foreign', 'foreign-goes']) await create(vm, db);
  const { revision } = (await world.call('GET', '/v1/vms?label_selector=app%3Dweb')).json;
  await label('stays', { annotations: { note: 'x' } });
  await label('leaves', db);
  await label('comes', web);
  await label('foreign', { annotations: { note: 'x' } });
  await label('returns', db);
  await label('returns', web);
  await create('passes', web);
  await label('passes', db);
  for (const vm of ['goes', 'foreign-goes']) await world.call('DELETE', `/v1/vms/${vm}`);
  await world.clock.settle();
  const stream = await watch(world, base, 'vms?watch=true&label_selector=app%3Dweb', revision);
  assert.deepEqual((await untilEnd(world, stream, web)).sort(), [
    'added comes',
    'deleted goes',
    'deleted leaves',
    'modified returns',
    'modified stays',
  ]);
  await label('foreign', { annotations: { note: 'y' } });
  await label('comes', db);
  let next = await stream.next();
  while (name(next) !== 'comes') next = await stream.next();
  assert.equal(next.type, 'deleted');
  stream.close();
  await world.stop();
});

test('a watch by phase that resumes is told of the VMs that were in it, however they left it', async () => {
  const world = await anApi();
  const base = await world.listen();
  const node = await world.node();
  for (const vm of ['overdue', 'runs']) await world.call('POST', '/v1/vms', { body: aBody(vm) });
  await world.clock.settle();
  const { revision, items } = (await world.call('GET', '/v1/vms?phase=creating')).json;
  assert.equal(items.length, 2);
  await node.pull();
  node.script('runs', () => ({}));
  await node.report();
  for (let at = 0; at < 31; at += 1) {
    await world.clock.advance(10_000);
    await node.report();
  }
  const gone = await watch(world, base, 'vms?watch=true&phase=creating', revision);
  const nowThere = await watch(world, base, 'vms?watch=true&phase=error', revision);
  const never = await watch(world, base, 'vms?watch=true&phase=stopped', revision);
  const types = async (stream: typeof gone, count: number) => {
    const seen: string[] = [];
    while (seen.length < count) {
      const event = await stream.next();
      if (event.type !== 'bookmark') seen.push(`${event.type} ${name(event)}`);
    }
    return seen.sort();
  };
  assert.deepEqual(await types(gone, 2), ['deleted overdue', 'deleted runs']);
  assert.match((await types(nowThere, 1))[0] ?? '', /^(added|modified) overdue$/);
  await world.call('POST', '/v1/vms', { body: aBody('idle', { desired_phase: 'stopped' }) });
  await world.clock.settle();
  await node.follow();
  await world.clock.settle();
  assert.deepEqual(await types(never, 1), ['added idle']);
  for (const stream of [gone, nowThere, never]) stream.close();
  await world.stop();
});

test('bookmarks come every 30 s, and watches beyond the limit are refused', async () => {
  const world = await anApi({ watchersMax: 1 });
  const base = await world.listen();
  const stream = await watch(world, base, 'vms?watch=true');
  const second = await watch(world, base, 'events?watch=true');
  assert.equal(second.status, 429);
  await world.clock.advance(30_000);
  assert.equal((await stream.next()).type, 'bookmark');
  stream.close();
  await world.stop();
});

test('a watch of events that are none of its gets bookmarks too: it can resume where they were left out (spec §4 watch)', async () => {
  const world = await anApi({}, { changeLogLimit: 10 });
  const base = await world.listen();
  const quiet = await watch(world, base, 'events?watch=true&vm=web-1');
  for (let at = 0; at < 20; at += 1) await world.call('POST', '/v1/vms', { body: aBody(`other-${at}`) });
  await world.clock.advance(30_000);
  const bookmark = await quiet.next();
  assert.equal(bookmark.type, 'bookmark');
  quiet.close();
  const resumed = await watch(world, base, 'events?watch=true&vm=web-1', bookmark.id);
  assert.equal(resumed.status, 200);
  await world.call('POST', '/v1/vms', { body: aBody('web-1') });
  assert.equal((await resumed.next()).object['code'], 'vm_created');
  resumed.close();
  await world.stop();
});

test('events can be followed as they happen', async () => {
  const world = await anApi();
  const base = await world.listen();
  const stream = await watch(world, base, 'events?watch=true&vm=web-1');
  await world.call('POST', '/v1/vms', { body: aBody('web-2') });
  await world.call('POST', '/v1/vms', { body: aBody('web-1') });
  const event = await stream.next();
  assert.equal(event.object['code'], 'vm_created');
  assert.equal((event.object['resource'] as unknown as { name: string }).name, 'web-1');
  stream.close();
  await world.stop();
});

test('logs answer the last bytes, and without the node 503', async () => {
  const world = await anApi();
  const node = await aRunningVm(world);
  assert.equal((await world.call('GET', '/v1/vms/web-1/logs')).text, 'boot marker\n');
  node.session?.close();
  await world.clock.settle();
  const away = await world.call('GET', '/v1/vms/web-1/logs');
  assert.equal(away.status, 503);
  assert.equal(away.json.error.message, 'Cannot read the log of VM "web-1": node node-1 is not connected');
  await world.stop();
});

test('a log that is followed says how much of its end comes first, and goes on with what is live', async () => {
  const world = await anApi();
  const node = await aRunningVm(world);
  const base = await world.listen();
  const headers = { authorization: `Bearer ${world.token}` };
  const response = await fetch(`${base}/v1/vms/web-1/logs?follow=true`, { headers });
  assert.equal(response.headers.get('holdfast-history-bytes'), String('scrollback\n'.length));
  const [viewer] = node.viewers;
  assert.ok(viewer !== undefined);
  await viewer.data(Buffer.from('live\n'));
  viewer.closed('the guest powered off');
  assert.equal(await response.text(), 'scrollback\nlive\n');
  await world.stop();
});

test('a watch that resumes hears of what time alone changed while no control plane ran (spec §4 watch)', async () => {
  const first = await aPlane();
  const node = await first.node();
  await create(first, 'web-1');
  await first.clock.settle();
  await node.pull();
  await first.stop();
  await first.clock.advance(3_600_000);
  const world = await aPlane(first);
  const heard: string[] = [];
  world.plane.watches.watch(world.plane.ctx.store.revision(), (event) => {
    if (event.type === 'modified') heard.push(event.vm.phase);
  });
  await world.clock.settle();
  // Then its node turns stale: no deadline of it counts while nobody hears it.
  assert.deepEqual(heard, ['error', 'creating']);
  await world.stop();
});
