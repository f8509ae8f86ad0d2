import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Answer, anApi, aRunningVm, type TestApi } from '../testing/test-api.ts';
import { aBody } from '../testing/test-plane.ts';

const codeOf = ({ json }: Answer): string => json?.error?.code;

async function withRunningVm(fields: object = {}) {
  const world = await anApi();
  const node = await world.node();
  assert.equal((await world.call('POST', '/v1/vms', { body: aBody('web-1', fields) })).status, 202);
  await world.clock.settle();
  await node.follow();
  await world.clock.settle();
  return { world, node };
}

test('create answers 202 with a task and its place, and the VM is readable at once (S5)', async () => {
  const world = await anApi();
  const created = await world.call('POST', '/v1/vms', { body: aBody('web-1', { labels: { app: 'web' } }) });
  assert.equal(created.status, 202);
  assert.equal(created.headers['location'], `/v1/tasks/${created.json.id}`);
  assert.equal(created.json.type, 'vm.create');
  const vm = await world.call('GET', '/v1/vms/web-1');
  assert.equal(vm.status, 200);
  assert.equal(vm.headers['etag'], `"${vm.json.revision}"`);
  assert.equal(vm.json.generation, 1);
  assert.equal(vm.json.status.phase, 'pending');
  assert.equal((await world.call('GET', `/v1/vms/uid:${vm.json.uid}`)).json.name, 'web-1');
  assert.equal((await world.call('GET', '/v1/vms/web-2')).status, 404);
  assert.equal(codeOf(await world.call('POST', '/v1/vms', { body: aBody('web-1') })), 'already_exists');
  const once = { body: aBody('web-1'), headers: { 'if-none-match': '*' } };
  assert.equal((await world.call('POST', '/v1/vms', once)).status, 412);
  await world.stop();
});

test('no answer holds a pid, a socket or a host path of the node (S7)', async () => {
  const { world } = await withRunningVm();
  for (const path of ['/v1/vms/web-1', '/v1/vms', '/v1/events', '/v1/status', '/v1/nodes', '/v1/vms/web-1/history']) {
    const { text, status } = await world.call('GET', path);
    assert.equal(status, 200, path);
    assert.ok(!/"pid"|\.sock|monitor_port|\/run\/|\/var\//.test(text), path);
  }
  await world.stop();
});

test('without a token it is 401; a viewer reads, changes nothing, and sees hashes of the secrets of cloud-init only', async () => {
  const world = await anApi();
  const secret = '#cloud-config\npassword: hunter2\n';
  const cloudInit = { user_data: secret, network_config: 'wifis: { wlan0: { password: hunter2 } }' };
  await world.call('POST', '/v1/vms', { body: aBody('web-1', { cloud_init: cloudInit }) });
  await world.call('PATCH', '/v1/vms/web-1', { body: { cloud_init: { network_config: 'psk: hunter2' } } });
  assert.equal((await world.call('GET', '/v1/vms/web-1', { as: 'nobody' })).status, 401);
  assert.equal(codeOf(await world.call('DELETE', '/v1/vms/web-1', { as: 'viewer' })), 'forbidden');
  assert.equal((await world.call('GET', '/v1/vms/web-1')).json.cloud_init.user_data, secret);
  const seen = await world.call('GET', '/v1/vms/web-1', { as: 'viewer' });
  for (const field of ['user_data', 'network_config']) {
    assert.match(seen.json.cloud_init[field], /^sha256:[0-9a-f]{64}$/);
  }
  const manifests = [{ ...aBody('web-1', { cloud_init: {} }), api_version: 'holdfast/v1', kind: 'VirtualMachine' }];
  const plan = await world.call('POST', '/v1/plan', { as: 'viewer', body: manifests });
  assert.ok(plan.text.includes('network_config') && !plan.text.includes('hunter2'), plan.text);
  for (const path of ['/v1/vms', '/v1/events', '/v1/vms/web-1', '/v1/vms/web-1/explain', '/v1/vms/web-1/history']) {
    assert.ok(!(await world.call('GET', path, { as: 'viewer' })).text.includes('hunter2'), path);
  }
  for (const path of ['/healthz', '/readyz', '/openapi.json', '/docs']) {
    assert.equal((await world.call('GET', path, { as: 'nobody' })).status, 200, path);
  }
  const page = await world.api.inject({ method: 'GET', url: '/docs' });
  for (const url of ['/docs/', '/']) {
    const typed = await world.api.inject({ method: 'GET', url });
    assert.deepEqual([typed.statusCode, typed.body], [200, page.body], `the page as people come to it: ${url}`);
  }
  await world.stop();
});

test('PATCH answers 200 with the document; If-Match refuses a revision that is not the present one', async () => {
  const { world } = await withRunningVm();
  const { json } = await world.call('GET', '/v1/vms/web-1');
  const stale = await world.call('PATCH', '/v1/vms/web-1', {
    body: { labels: { a: 'b' } },
    headers: { 'if-match': `"${json.revision + 1}"` },
  });
  assert.equal(stale.status, 412);
  const patched = await world.call('PATCH', '/v1/vms/web-1', {
    body: { labels: { a: 'b' } },
    headers: { 'if-match': `"${json.revision}"` },
  });
  assert.equal(patched.status, 200);
  assert.deepEqual(patched.json.labels, { a: 'b' });
  assert.equal(patched.json.generation, json.generation);
  assert.ok(patched.json.revision > json.revision);
  const removed = await world.call('PATCH', '/v1/vms/web-1', { body: { labels: { a: null } } });
  assert.deepEqual(removed.json.labels, {});
  const refused = await world.call('PATCH', '/v1/vms/web-1', { body: { memory_mib: 256 } });
  assert.equal(refused.status, 409);
  assert.equal(refused.json.error.details.changes[0].field, 'memory_mib');
  const restarted = await world.call('PATCH', '/v1/vms/web-1?on_restart=restart', { body: { memory_mib: 256 } });
  assert.equal(restarted.json.run, 2);
  await world.stop();
});

test('a repeated PATCH with its key gets the stored document with its own revision', async () => {
  const { world } = await withRunningVm();
  const ask = () =>
    world.call('PATCH', '/v1/vms/web-1', { body: { labels: { a: '1' } }, headers: { 'idempotency-key': 'k-1' } });
  const first = await ask();
  await world.call('PATCH', '/v1/vms/web-1', { body: { labels: { a: '2' } } });
  const again = await ask();
  assert.equal(again.headers['idempotent-replay'], 'true');
  assert.deepEqual(again.json.labels, { a: '1' });
  assert.equal(again.json.revision, first.json.revision);
  assert.equal(again.headers['etag'], first.headers['etag'], 'to be changed on that condition');
  assert.deepEqual((await world.call('GET', '/v1/vms/web-1')).json.labels, { a: '2' });
  const other = { body: { labels: { a: '3' } }, headers: { 'idempotency-key': 'k-1' } };
  assert.equal(codeOf(await world.call('PATCH', '/v1/vms/web-1', other)), 'idempotency_key_mismatch');
  await world.stop();
});

test('synchronous verbs answer 200 after the call and where nothing is to be done, 409 in the wrong phase, 503 without the node', async () => {
  const { world, node } = await withRunningVm();
  const paused = await world.call('POST', '/v1/vms/web-1/pause');
  assert.equal(paused.status, 200);
  assert.equal(paused.json.status.phase, 'paused');
  assert.equal((await world.call('POST', '/v1/vms/web-1/resume')).json.status.phase, 'running');
  assert.equal((await world.call('POST', '/v1/vms/web-1/reset')).status, 200);
  node.session?.close();
  await world.clock.settle();
  assert.equal((await world.call('POST', '/v1/vms/web-1/pause')).status, 503);
  assert.equal((await world.call('GET', '/v1/vms/web-1')).json.desired_paused, false);
  assert.equal((await world.call('POST', '/v1/vms/web-1/resume')).status, 200, 'it is so already');
  await world.stop();
  const idle = await anApi();
  await idle.call('POST', '/v1/vms', { body: aBody('web-2') });
  for (const verb of ['pause', 'reset', 'console']) {
    const refused = await idle.call('POST', `/v1/vms/web-2/${verb}`);
    assert.equal(codeOf(refused), 'not_running', verb);
    const { phase, next_action } = refused.json.error.details;
    assert.deepEqual([phase, next_action], ['pending', "See what it waits for with 'holdfast explain web-2'"], verb);
  }
  await idle.stop();
});

test('wait holds the answer until the task is finished, at most as long as asked', async () => {
  const { world, node } = await withRunningVm();
  const waiting = world.call('POST', '/v1/vms/web-1/stop?wait=60');
  await world.clock.settle();
  await node.follow();
  await world.clock.settle();
  assert.equal((await waiting).json.status, 'success');
  const creating = world.call('POST', '/v1/vms?wait=60', { body: aBody('web-2') });
  await world.clock.settle();
  await node.follow();
  await world.clock.settle();
  assert.equal((await creating).json.status, 'success');
  const bounded = world.call('POST', '/v1/vms/web-1/start?wait=5');
  await world.clock.advance(5_000);
  const { status, json } = await bounded;
  assert.equal(status, 202);
  assert.equal(json.status, 'pending');
  const polled = world.call('GET', `/v1/tasks/${json.id}?wait=30`);
  await node.follow();
  await world.clock.settle();
  assert.equal((await polled).json.status, 'success');
  await world.stop();
});

test('a repetition may wait another time and name its options in another order: it is the same request', async () => {
  const { world } = await withRunningVm();
  const resize = (query: string) =>
    world.call('POST', `/v1/vms/web-1/resize?${query}`, {
      body: { memory_mib: 256 },
      headers: { 'idempotency-key': 'k-1' },
    });
  const first = await resize('on_restart=defer&allow_replace=false');
  const again = await resize('wait=0&allow_replace=false&on_restart=defer');
  assert.equal(again.headers['idempotent-replay'], 'true', again.text);
  assert.equal(again.json.id, first.json.id);
  assert.equal(codeOf(await resize('on_restart=restart&allow_replace=false')), 'idempotency_key_mismatch');
  await world.stop();
});

test('lists go page by page without loss, filter by label, phase and node, and cut to fields', async () => {
  const { world } = await withRunningVm({ labels: { app: 'web' } });
  for (let at = 0; at < 25; at += 1) {
    const labels = { app: at % 2 === 0 ? 'web' : 'db', tier: String(at % 3) };
    await world.call('POST', '/v1/vms', { body: aBody(`vm-${at}`, { labels }) });
  }
  const names: string[] = [];
  for (let cursor = ''; ; ) {
    const page = await world.call('GET', `/v1/vms?limit=7${cursor === '' ? '' : `&cursor=${cursor}`}`);
    names.push(...page.json.items.map(({ name }: { name: string }) => name));
    if (page.json.next_cursor === null) break;
    cursor = page.json.next_cursor;
  }
  assert.equal(names.length, 26);
  assert.deepEqual(names, [...new Set(names)].sort());
  const count = async (query: string) => (await world.call('GET', `/v1/vms?limit=500&${query}`)).json.items.length;
  assert.equal(await count('label_selector=app%3Dweb'), 14);
  assert.equal(await count('label_selector=app%3Dweb,tier%3D0'), 5);
  assert.equal(await count('label_selector=app%21%3Dweb'), 12);
  assert.equal(await count('label_selector=%21tier'), 1);
  assert.equal(await count('phase=running'), 1);
  assert.equal(await count('node=node-1&in_sync=true'), 1);
  const cut = await world.call('GET', '/v1/vms?limit=1&fields=name');
  assert.deepEqual(Object.keys(cut.json.items[0]), ['kind', 'name']);
  assert.equal((await world.call('GET', '/v1/vms?cursor=bm9wZQ')).status, 410);
  await world.stop();
});

test('apply is one transaction: one bad document and nothing happens; apply again changes nothing', async () => {
  const world = await anApi();
  const manifest = (name: string, fields: object = {}) => ({
    api_version: 'holdfast/v1',
    kind: 'VirtualMachine',
    ...aBody(name, fields),
  });
  const twice = await world.call('POST', '/v1/apply', {
    body: [manifest('a'), manifest('b'), manifest('a'), manifest('a')],
  });
  const [{ document, other_document: other, message }, third] = twice.json.error.details.offences;
  assert.deepEqual([document, other, message], [2, 0, 'Name "a" is already used by document 0']);
  assert.deepEqual([third.document, third.other_document], [3, 0], 'all of one name are told of the same document');
  const bad = await world.call('POST', '/v1/apply', { body: [manifest('a'), manifest('b', { memory_mib: 1 })] });
  assert.equal(bad.status, 422);
  assert.equal(bad.json.error.details.offences[0].document, 1);
  assert.equal((await world.call('GET', '/v1/vms')).json.items.length, 0);
  const plan = await world.call('POST', '/v1/plan', { body: [manifest('a'), manifest('b')] });
  assert.deepEqual(
    plan.json.items.map(({ action }: { action: string }) => action),
    ['create', 'create'],
  );
  const before = world.plane.ctx.store.revision();
  await world.call('POST', '/v1/plan', { body: [manifest('a')] });
  assert.equal(world.plane.ctx.store.revision(), before);
  const yaml = `${JSON.stringify(manifest('a'))}\n---\n${JSON.stringify(manifest('b'))}\n`;
  const applied = await world.call('POST', '/v1/apply', {
    body: yaml,
    headers: { 'content-type': 'application/yaml' },
  });
  assert.equal(applied.status, 200, applied.text);
  assert.ok(applied.json.items.every(({ task }: { task: string | null }) => task !== null));
  const again = await world.call('POST', '/v1/apply', { body: [manifest('a'), manifest('b')] });
  assert.ok(again.json.items.every(({ action }: { action: string }) => action === 'unchanged'));
  const many = Array.from({ length: 1001 }, (_, at) => manifest(`vm-${at}`));
  assert.equal(codeOf(await world.call('POST', '/v1/apply', { body: many })), 'batch_too_large');
  await world.stop();
});

test('apply takes a page as a list answers it, unless more come after it', async () => {
  const world = await anApi();
  for (const name of ['a', 'b']) await world.call('POST', '/v1/vms', { body: aBody(name) });
  const page = (await world.call('GET', '/v1/vms')).json;
  const { json } = await world.call('POST', '/v1/plan', { body: page });
  assert.deepEqual(
    json.items.map(({ name, changes }: { name: string; changes: object[] }) => [name, changes]),
    [
      ['a', []],
      ['b', []],
    ],
  );
  const part = (await world.call('GET', '/v1/vms?limit=1')).json;
  const refused = await world.call('POST', '/v1/plan', { body: part });
  assert.equal(refused.json.error.details.offences[0].path, '$.next_cursor');
  await world.stop();
});

test('YAML that would hold the loop up for long is refused unread; as JSON it is taken', async () => {
  const world = await anApi();
  const manifest = { api_version: 'holdfast/v1', kind: 'VirtualMachine', ...aBody('a') };
  const long = {
    ...manifest,
    annotations: Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`k${at}`, 'x'.repeat(14_000)])),
  };
  const headers = { 'content-type': 'application/yaml' };
  const { status, json } = await world.call('POST', '/v1/plan', { body: JSON.stringify(long), headers });
  assert.deepEqual([status, json.error.code], [413, 'body_too_large']);
  assert.equal((await world.call('POST', '/v1/plan', { body: [long] })).status, 200);
  await world.stop();
});

test('a plan says what apply would do with the same on_restart: what is put off restarts nothing', async () => {
  const world = await anApi();
  await aRunningVm(world);
  const body = [{ api_version: 'holdfast/v1', kind: 'VirtualMachine', ...aBody('web-1', { memory_mib: 1024 }) }];
  const fate = async (path: string) => {
    const { restarts, deferred } = (await world.call('POST', path, { body })).json.items[0];
    return { restarts, deferred };
  };
  assert.deepEqual(await fate('/v1/plan'), { restarts: true, deferred: false });
  const putOff = await fate('/v1/plan?on_restart=defer');
  assert.deepEqual(putOff, { restarts: false, deferred: true });
  assert.deepEqual(await fate('/v1/apply?on_restart=defer'), putOff);
  await world.stop();
});

test('prune deletes what matches and is in no document, never more than its limit', async () => {
  const world = await anApi();
  for (const name of ['a', 'b', 'c'])
    await world.call('POST', '/v1/vms', { body: aBody(name, { labels: { owner: 'x' } }) });
  await world.call('POST', '/v1/vms', { body: aBody('d', { labels: { owner: 'y' } }) });
  const keep = [{ api_version: 'holdfast/v1', kind: 'VirtualMachine', ...aBody('a', { labels: { owner: 'x' } }) }];
  const limited = await world.call('POST', '/v1/apply?prune=owner%3Dx&prune_limit=1', { body: keep });
  assert.equal(codeOf(limited), 'prune_limit');
  await world.call('POST', '/v1/apply?prune=owner%3Dx', { body: keep });
  await world.clock.settle();
  const left = (await world.call('GET', '/v1/vms')).json.items.map(({ name }: { name: string }) => name);
  assert.deepEqual(left, ['a', 'd']);
  await world.stop();
});

test('prune passes over what is being deleted already: it is neither counted nor refused', async () => {
  const world = await anApi();
  await world.node();
  const labels = { owner: 'x' };
  for (const name of ['a', 'b']) await world.call('POST', '/v1/vms', { body: aBody(name, { labels }) });
  await world.clock.settle();
  await world.call('DELETE', '/v1/vms/b');
  const keep = [{ api_version: 'holdfast/v1', kind: 'VirtualMachine', ...aBody('a', { labels }) }];
  const applied = await world.call('POST', '/v1/apply?prune=owner%3Dx&prune_limit=0', { body: keep });
  assert.equal(applied.status, 200, applied.text);
  await world.stop();
});

test('delete is refused while protected or depended on, and has_dependents names them', async () => {
  const world = await anApi();
  await world.call('POST', '/v1/vms', { body: aBody('db', { deletion_protection: true }) });
  for (const how of ['', '?graceful=true', '?forget=true'])
    assert.equal(codeOf(await world.call('DELETE', `/v1/vms/db${how}`)), 'deletion_protected');
  await world.call('PATCH', '/v1/vms/db', { body: { deletion_protection: false } });
  await world.call('POST', '/v1/vms', { body: aBody('app', { depends_on: ['db'] }) });
  const refused = await world.call('DELETE', '/v1/vms/db');
  assert.deepEqual(refused.json.error.details.dependents, ['app']);
  const cycle = await world.call('PATCH', '/v1/vms/db', { body: { depends_on: ['app'] } });
  assert.equal(codeOf(cycle), 'cycle');
  await world.stop();
});

test('cancel ends a create before the first boot; anything else names the verb that undoes it', async () => {
  const { world } = await withRunningVm();
  const stop = await world.call('POST', '/v1/vms/web-1/stop');
  const refused = await world.call('POST', `/v1/tasks/${stop.json.id}/cancel`);
  assert.equal(codeOf(refused), 'not_cancellable');
  assert.equal(refused.json.error.details.undo, 'start');
  const created = await world.call('POST', '/v1/vms', { body: aBody('web-2', { placement: { node: 'nowhere' } }) });
  const cancelled = await world.call('POST', `/v1/tasks/${created.json.id}/cancel`);
  assert.equal(cancelled.json.status, 'cancelled');
  await world.clock.settle();
  assert.equal((await world.call('GET', '/v1/vms/web-2')).status, 404);
  await world.stop();
});

test('an image that is replaced needs consent that names the disks (would_destroy_data)', async () => {
  const image = { kernel: null, image_url: 'https://images.example.org/a.qcow2', image_format: 'qcow2' };
  const { world } = await withRunningVm(image);
  const body = { image_url: 'https://images.example.org/b.qcow2' };
  const refused = await world.call('PATCH', '/v1/vms/web-1?on_restart=restart', { body });
  assert.equal(codeOf(refused), 'would_destroy_data');
  assert.deepEqual(refused.json.error.details.disks, ['root']);
  const accepted = await world.call('PATCH', '/v1/vms/web-1?on_restart=restart&allow_replace=true', { body });
  assert.equal(accepted.status, 200);
  assert.equal(accepted.json.run, 2);
  await world.stop();
});

test('the one envelope answers unknown paths, methods and media types too', async () => {
  const world = await anApi();
  assert.equal(codeOf(await world.call('GET', '/v1/nothing')), 'not_found');
  const method = await world.call('PUT', '/v1/vms/web-1');
  assert.equal(method.status, 405);
  assert.match(String(method.headers['allow']), /PATCH/);
  const media = await world.call('POST', '/v1/vms', { body: 'x', headers: { 'content-type': 'text/plain' } });
  assert.equal(codeOf(media), 'unsupported_media_type');
  assert.match(media.json.error.message, /application\/json/);
  assert.ok(media.json.error.details.request_id);
  const limit = await world.call('GET', '/v1/vms?limit=0');
  assert.equal(limit.json.error.details.offences[0].message, 'It is at least 1');
  const long = await world.call('GET', `/v1/vms/${'a'.repeat(300)}`);
  assert.deepEqual([long.status, codeOf(long)], [414, 'uri_too_long']);
  const broken = await world.call('GET', '/v1/vms/%zz');
  assert.deepEqual([broken.status, codeOf(broken)], [400, 'bad_request']);
  await world.stop();
});

test('a token that asks too often is told so, and another is not', async () => {
  const world: TestApi = await anApi({ rate: { perSecond: 1, burst: 3 } });
  for (let at = 0; at < 3; at += 1) assert.equal((await world.call('GET', '/v1/vms')).status, 200);
  const limited = await world.call('GET', '/v1/vms');
  assert.equal(limited.status, 429);
  assert.equal(limited.headers['retry-after'], '1');
  assert.equal((await world.call('GET', '/v1/vms', { as: 'viewer' })).status, 200);
  await world.clock.advance(1_000);
  assert.equal((await world.call('GET', '/v1/vms')).status, 200);
  await world.stop();
});
