import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { test } from 'node:test';
import type { FastifyReply } from 'fastify';
import { parseEventStream } from '../../client/event-stream.ts';
import { anApi, type TestApi } from '../testing/test-api.ts';
import { aBody } from '../testing/test-plane.ts';
import { watcherBacklogFrames } from './api-config.ts';
import { beginSse, frame, type SseStream } from './sse-stream.ts';

/** The most VMs of one apply; their documents are far more than a socket takes at once. */
const count = 1_000;

async function applyMany(world: TestApi): Promise<void> {
  const fields = { api_version: 'holdfast/v1', kind: 'VirtualMachine' };
  const body = Array.from({ length: count }, (_, at) => aBody(`vm-${at}`, fields));
  assert.equal((await world.call('POST', '/v1/apply', { body })).status, 200);
}

async function watch(world: TestApi, base: string, what: string, lastEventId: number) {
  const headers = { authorization: `Bearer ${world.token}`, 'last-event-id': String(lastEventId) };
  const response = await fetch(`${base}/v1/${what}?watch=true`, { headers });
  assert.ok(response.body !== null);
  // Kept, because the body of an answer that nobody holds is cancelled.
  return { response, events: parseEventStream(response.body) };
}

/** Names of the VMs of the next events, as many as there are VMs. */
async function names({ events }: Awaited<ReturnType<typeof watch>>, nameOf: (object: never) => string) {
  const seen = new Set<string>();
  while (seen.size < count) {
    const { value, done } = await events.next();
    assert.ok(done !== true, `the stream ended after ${seen.size} events`);
    seen.add(nameOf(JSON.parse(value.data).object as never));
  }
  return seen;
}

const ofVm = ({ name }: { readonly name: string }): string => name;
const ofEvent = ({ resource }: { readonly resource: { readonly name: string } }): string => resource.name;

test('watchers hear of an apply of 1,000 VMs whole, as it happens and when they resume before it (spec §4 watch)', async () => {
  const world = await anApi();
  const base = await world.listen();
  const { revision } = (await world.call('GET', '/v1/vms')).json;
  const live = { vms: await watch(world, base, 'vms', revision), events: await watch(world, base, 'events', revision) };
  await applyMany(world);
  assert.equal((await names(live.vms, ofVm)).size, count);
  assert.equal((await names(live.events, ofEvent)).size, count);
  assert.equal((await names(await watch(world, base, 'vms', revision), ofVm)).size, count);
  assert.equal((await names(await watch(world, base, 'events', revision), ofEvent)).size, count);
  await world.stop();
});

/** A stream whose client reads nothing until it is told to. */
async function aStalledWatcher() {
  const begun = Promise.withResolvers<SseStream>();
  const server = createServer((_request, raw) => {
    begun.resolve(beginSse({ raw, hijack() {} } as unknown as FastifyReply, 1, () => undefined));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => undefined);
  client.write('GET / HTTP/1.1\r\nhost: test\r\n\r\n');
  return { server, client, stream: await begun.promise };
}

const kibibyte = 'x'.repeat(1024);

test('a watcher that reads late gets every frame in order, and none is made long before its socket takes it', async () => {
  const { server, client, stream } = await aStalledWatcher();
  const sent = 10_000;
  let made = 0;
  for (let id = 0; id < sent; id += 1) {
    stream.send(() => {
      made += 1;
      return frame(id, 'added', kibibyte);
    });
  }
  assert.ok(made < sent / 2, `${made} frames were made`);
  let text = '';
  for await (const chunk of client) {
    text += String(chunk);
    if (text.slice(-4096).includes(`id: ${sent - 1}\n`)) break;
  }
  const ids = [...text.matchAll(/id: (\d+)\n/g)].map(([, id]) => Number(id));
  assert.deepEqual(
    ids,
    Array.from({ length: sent }, (_, id) => id),
  );
  server.close();
});

test('a watcher for whom more frames wait than the limit is dropped', async () => {
  const { server, client, stream } = await aStalledWatcher();
  let sent = 0;
  while (stream.open && sent < 2 * watcherBacklogFrames) {
    stream.send(() => frame(0, 'added', kibibyte));
    sent += 1;
  }
  assert.equal(stream.open, false);
  assert.ok(sent >= watcherBacklogFrames);
  client.destroy();
  server.close();
});
