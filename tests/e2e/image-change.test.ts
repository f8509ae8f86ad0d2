/** Another image for a guest that runs: it is fetched and checked first, and the guest is stopped for it only then (ADR 14). */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { aQcow2 } from '../../src/ports/testing/image-fixtures.ts';
import { cannotRun, eventually, isRunning, startCluster, type TestCluster, type VmDocument } from './cluster.ts';
import { downloads, pins } from './world.ts';

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const disk = (fill: number): Buffer => Buffer.alloc(1024 * 1024, fill);

/** A server of images on loopback: 404 for what it does not have; what is held stops half-way until it is let go. */
async function serveImages() {
  const images = new Map<string, Uint8Array>();
  const asked: string[] = [];
  const held = new Map<string, ServerResponse[]>();
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    const bytes = images.get(path);
    if (bytes === undefined) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-length': bytes.length });
    const waiting = held.get(path);
    if (waiting === undefined) response.end(bytes);
    else {
      response.write(bytes.subarray(0, bytes.length / 2));
      waiting.push(response);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    images,
    url: (path: string) => `http://127.0.0.1:${port}${path}`,
    times: (path: string) => asked.filter((each) => each === path).length,
    hold: (path: string) => held.set(path, []),
    letGo(path: string) {
      const waiting = held.get(path) ?? [];
      held.delete(path);
      const bytes = images.get(path) ?? new Uint8Array();
      for (const response of waiting) response.end(bytes.subarray(bytes.length / 2));
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('another image for a guest that runs', { skip: cannotRun() }, () => {
  let cluster: TestCluster;
  let server: Awaited<ReturnType<typeof serveImages>>;
  before(async () => {
    server = await serveImages();
    cluster = await startCluster(['--allow-private-images']);
  });
  after(async () => {
    await cluster[Symbol.asyncDispose]();
    await server.close();
  });

  /** A VM with an image of its own, whose guest remembers a word. */
  async function start(name: string) {
    server.images.set(`/${name}-old.raw`, disk(1));
    await cluster.create(name, {
      image_url: server.url(`/${name}-old.raw`),
      image_format: 'raw',
      stop: { grace_seconds: 5 },
    });
    const vm = await cluster.until(name, 'it runs', isRunning);
    await cluster.booted(name);
    await cluster.inGuest(name, 'echo it-is-I > /tmp/word');
    const pid = cluster.hypervisor(vm.uid);
    const assertUntouched = async (now: VmDocument) => {
      assert.deepEqual(cluster.hypervisors(vm.uid), [pid]);
      assert.equal(now.status.incarnation?.id, vm.status.incarnation?.id);
      assert.match(await cluster.inGuest(name, 'cat /tmp/word'), /it-is-I/);
    };
    return { vm, assertUntouched };
  }

  const change = (name: string, body: Record<string, string>) =>
    cluster.client.request('PATCH', `/v1/vms/${name}`, {
      body,
      query: { allow_replace: true, on_restart: 'restart' },
    });
  const failed = (name: string, code: string) =>
    cluster.until(name, `error(${code})`, ({ status }) => status.reason?.code === code);
  const conditionOf = (vm: VmDocument, type: string) => vm.status.conditions.find((each) => each.type === type);

  test('an image that is not there, then a wrong one, leave process and guest as they are; the right one replaces them', async () => {
    const { vm, assertUntouched } = await start('shop');
    await change('shop', { image_url: server.url('/new.raw') });
    const missing = await failed('shop', 'image_unavailable');
    await assertUntouched(missing);
    assert.equal(conditionOf(missing, 'running')?.status, 'true');
    assert.equal(conditionOf(missing, 'realised')?.code, 'image_unavailable');
    await eventually('it is tried again by itself', () => (server.times('/new.raw') >= 3 ? true : undefined));
    const explained = await cluster.cli('explain', 'shop');
    assert.match(explained.stdout, /goes on with run 1 until what run 2 is made of has been fetched and checked/);
    assert.match(explained.stdout, /image_unavailable/);
    await assertUntouched(await cluster.get('shop'));

    server.images.set('/wrong.raw', disk(2));
    const wrong = [`image_url=${server.url('/wrong.raw')}`, `image_sha256=${digestOf(disk(3))}`];
    const consent = ['--on-restart', 'restart', '--allow-replace'];
    const set = await cluster.cli('vm', 'set', 'shop', ...wrong, ...consent, '--wait');
    assert.notEqual(set.code, 0);
    assert.match(set.stderr, /checksum_mismatch/);
    await assertUntouched(await failed('shop', 'checksum_mismatch'));

    const backed = aQcow2({ backingFile: '/etc/shadow' });
    server.images.set('/backed.qcow2', backed);
    await change('shop', {
      image_url: server.url('/backed.qcow2'),
      image_format: 'qcow2',
      image_sha256: digestOf(backed),
    });
    await assertUntouched(await failed('shop', 'image_invalid'));
    assert.equal(server.times('/wrong.raw'), 1, 'a wrong image is not fetched again by itself');
    assert.deepEqual(downloads(cluster.dataDir), []);

    server.images.set('/new.raw', disk(2));
    await change('shop', { image_url: server.url('/new.raw'), image_format: 'raw', image_sha256: digestOf(disk(2)) });
    const replaced = await cluster.until(
      'shop',
      'replaced',
      (now) => isRunning(now) && now.status.incarnation?.run === now.run,
    );
    assert.notEqual(replaced.status.incarnation?.id, vm.status.incarnation?.id);
    assert.equal((replaced.status['image'] as { sha256: string }).sha256, digestOf(disk(2)));
    assert.equal(cluster.hypervisors(vm.uid).length, 1);
    await eventually('the old image is let go', () =>
      pins(cluster.dataDir).some((pin) => pin.startsWith(digestOf(disk(1)))) ? undefined : true,
    );
    assert.ok(pins(cluster.dataDir).includes(`${digestOf(disk(2))}/${vm.uid}`));
    await cluster.client.request('DELETE', '/v1/vms/shop', { query: { wait: 180 } });
  });

  test('a change to an image that is not there is taken back without loss: the root disk is the same file', async () => {
    const { vm, assertUntouched } = await start('back');
    const root = () => statSync(join(cluster.dataDir, 'agent/instances', vm.uid, 'root.qcow2')).ino;
    const before = root();
    await change('back', { image_url: server.url('/none.raw') });
    await assertUntouched(await failed('back', 'image_unavailable'));
    const old = `image_url=${server.url('/back-old.raw')}`;
    const set = await cluster.cli('vm', 'set', 'back', old, '--wait');
    assert.equal(set.code, 0, set.stderr);
    const now = await cluster.get('back');
    assert.equal(
      now.status.incarnation?.id,
      vm.status.incarnation?.id,
      'the guest goes on: no restart is asked for, nor comes',
    );
    assert.equal(now.status.phase, 'running');
    assert.equal(root(), before);
    await cluster.client.request('DELETE', '/v1/vms/back', { query: { wait: 180 } });
  });

  test('while an image comes the guest runs, its agent may die, and then it is replaced', async () => {
    const { vm, assertUntouched } = await start('slow');
    server.images.set('/slow.raw', disk(4));
    server.hold('/slow.raw');
    await change('slow', { image_url: server.url('/slow.raw') });
    const fetching = await cluster.until(
      'slow',
      'it is fetched',
      (now) => conditionOf(now, 'realised')?.code === 'image_download',
    );
    assert.equal(fetching.status.phase, 'running');
    await assertUntouched(fetching);
    const agent = cluster.pidOf('agent');
    process.kill(agent, 'SIGKILL');
    await eventually('the next agent fetches it anew', () => (server.times('/slow.raw') === 2 ? true : undefined));
    await assertUntouched(await cluster.get('slow'));
    server.letGo('/slow.raw');
    const replaced = await cluster.until(
      'slow',
      'replaced',
      (now) => isRunning(now) && now.status.incarnation?.run === 2,
    );
    assert.notEqual(replaced.status.incarnation?.id, vm.status.incarnation?.id);
    await cluster.client.request('DELETE', '/v1/vms/slow', { query: { wait: 180 } });
  });

  test('stop and delete do not wait for an image that comes', async () => {
    for (const [name, method, path] of [
      ['halted', 'POST', '/v1/vms/halted/stop'],
      ['dropped', 'DELETE', '/v1/vms/dropped'],
    ] as const) {
      const { vm } = await start(name);
      server.images.set(`/${name}.raw`, disk(5));
      server.hold(`/${name}.raw`);
      await change(name, { image_url: server.url(`/${name}.raw`) });
      await eventually('it is fetched', () => (server.times(`/${name}.raw`) === 1 ? true : undefined));
      const { body } = await cluster.client.request(method, path, { query: { wait: 180 } });
      assert.equal((body as { status: string }).status, 'success', JSON.stringify(body));
      assert.deepEqual(cluster.hypervisors(vm.uid), []);
      assert.deepEqual(downloads(cluster.dataDir), []);
    }
  });
});
