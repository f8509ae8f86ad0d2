import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anApi, type TestApi } from '../testing/test-api.ts';
import { aBody } from '../testing/test-plane.ts';
import { name, watch } from '../testing/watch-stream.ts';

const names = ['a', 'b', 'c'];

const apply = (world: TestApi, fields: object) =>
  world.call('POST', '/v1/apply', {
    body: names.map((vm) => ({ api_version: 'holdfast/v1', kind: 'VirtualMachine', ...aBody(vm, fields) })),
  });

test('a watch that is cut off within the events of one commit resumes with the rest of them (spec §4 watch)', async () => {
  const world = await anApi();
  const base = await world.listen();
  assert.equal((await apply(world, {})).status, 200);
  await world.clock.settle();
  const cut = await watch(world, base, 'vms?watch=true');
  assert.equal((await apply(world, { labels: { tier: 'front' } })).status, 200);
  const first = await cut.next();
  cut.close();
  const resumed = await watch(world, base, 'vms?watch=true', first.id);
  const heard = new Set([name(first)]);
  await world.call('POST', '/v1/vms', { body: aBody('end') });
  for (let event = await resumed.next(); name(event) !== 'end'; event = await resumed.next()) heard.add(name(event));
  assert.deepEqual([...heard].sort(), names);
  resumed.close();
  await world.stop();
});

test('the last event of a commit is the point after it: whoever resumes there hears nothing of it again (spec §4 watch)', async () => {
  const world = await anApi();
  const base = await world.listen();
  await apply(world, {});
  await world.clock.settle();
  const whole = await watch(world, base, 'vms?watch=true');
  await apply(world, { labels: { tier: 'front' } });
  let last = await whole.next();
  for (let more = 1; more < names.length; more += 1) last = await whole.next();
  whole.close();
  assert.equal(last.id, String(last.revision));
  const resumed = await watch(world, base, 'vms?watch=true', last.id);
  await world.call('POST', '/v1/vms', { body: aBody('end') });
  assert.equal(name(await resumed.next()), 'end');
  resumed.close();
  await world.stop();
});

test('a watch of events that is cut off within those of one commit resumes with the rest of them (spec §4 watch)', async () => {
  const world = await anApi();
  const base = await world.listen();
  const cut = await watch(world, base, 'events?watch=true');
  await apply(world, {});
  const subject = (event: Awaited<ReturnType<typeof cut.next>>): string =>
    (event.object['resource'] as unknown as { readonly name: string }).name;
  const first = await cut.next();
  cut.close();
  const resumed = await watch(world, base, 'events?watch=true', first.id);
  const heard = new Set([subject(first)]);
  await world.call('POST', '/v1/vms', { body: aBody('end') });
  for (let event = await resumed.next(); subject(event) !== 'end'; event = await resumed.next())
    heard.add(subject(event));
  assert.deepEqual([...heard].sort(), names);
  resumed.close();
  await world.stop();
});
