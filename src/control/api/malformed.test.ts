import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anApi } from '../testing/test-api.ts';
import { aBody } from '../testing/test-plane.ts';

interface Offence {
  readonly path: string;
  readonly code: string;
}

/** What is wrong, the body (text as it is), and the path of the offence that must be told. */
const bodies: readonly (readonly [string, unknown, string])[] = [
  ['memory as text', aBody('a', { memory_mib: '512M' }), '$.memory_mib'],
  ['memory below the range', aBody('a', { memory_mib: 1 }), '$.memory_mib'],
  ['memory above the range', aBody('a', { memory_mib: 1e15 }), '$.memory_mib'],
  ['memory as a fraction', aBody('a', { memory_mib: 512.5 }), '$.memory_mib'],
  ['no cores', aBody('a', { cpu_cores: 0 }), '$.cpu_cores'],
  ['cores as a list', aBody('a', { cpu_cores: [2] }), '$.cpu_cores'],
  ['minus zero', '{"name":"a","kernel":"file:///k","cpu_cores":-0}', '$.cpu_cores'],
  ['unknown field', aBody('a', { memory: 512 }), '$.memory'],
  ['unknown field deep down', aBody('a', { nics: [{ forward: [] }] }), '$.nics[0].forward'],
  ['path traversal in the name', aBody('../../etc/passwd'), '$.name'],
  ['upper case in the name', aBody('Web_1'), '$.name'],
  ['name of 64 characters', aBody('a'.repeat(64)), '$.name'],
  ['no name', { kernel: 'file:///k' }, '$.name'],
  ['name as a number', { name: 7, kernel: 'file:///k' }, '$.name'],
  ['neither image nor kernel', { name: 'a' }, '$.image_url'],
  ['image without format', { name: 'a', image_url: 'https://x.example/a.qcow2' }, '$.image_format'],
  ['sha256 too short', aBody('a', { kernel_sha256: 'abc' }), '$.kernel_sha256'],
  ['sha256 in upper case', aBody('a', { kernel_sha256: 'A'.repeat(64) }), '$.kernel_sha256'],
  ['image URL of another scheme', aBody('a', { kernel: 'ftp://x.example/k' }), '$.kernel'],
  ['image URL with a password', aBody('a', { kernel: 'https://u:p@x.example/k' }), '$.kernel'],
  ['path in place of a URL', aBody('a', { kernel: '/etc/shadow' }), '$.kernel'],
  ['newline in cmdline', aBody('a', { cmdline: 'quiet\ninit=/bin/sh' }), '$.cmdline'],
  ['NUL in the description', aBody('a', { description: 'a\u0000b' }), '$.description'],
  [
    'two disks of one name',
    aBody('a', {
      disks: [
        { name: 'd', size_gib: 1 },
        { name: 'd', size_gib: 2 },
      ],
    }),
    '$.disks[1].name',
  ],
  ['comma in a disk name', aBody('a', { disks: [{ name: 'd,file=/etc/shadow', size_gib: 1 }] }), '$.disks[0].name'],
  ['disk without size', aBody('a', { disks: [{ name: 'd' }] }), '$.disks[0].size_gib'],
  ['bad MAC', aBody('a', { nics: [{ mac: '52:54:00' }] }), '$.nics[0].mac'],
  [
    'host port out of range',
    aBody('a', { nics: [{ forwards: [{ host_port: 70000, guest_port: 80 }] }] }),
    '$.nics[0].forwards[0].host_port',
  ],
  [
    'health check of two kinds',
    aBody('a', { health_checks: [{ name: 'h', tcp: { port: 1 }, command: ['x'] }] }),
    '$.health_checks[0]',
  ],
  ['bad label key', aBody('a', { labels: { 'a b': 'c' } }), '$.labels["a b"]'],
  ['status in a body', aBody('a', { status: { phase: 'running' } }), '$.status'],
  ['generation in a body', aBody('a', { generation: 7 }), '$.generation'],
  ['run in a body', aBody('a', { run: 7 }), '$.run'],
  ['deleting by a field', aBody('a', { desired_phase: 'deleted' }), '$.desired_phase'],
  ['another kind', aBody('a', { kind: 'Container' }), '$.kind'],
  ['duplicate key', '{"name":"a","kernel":"file:///k","kernel":"file:///l"}', '$.kernel'],
  ['key of the prototype', '{"name":"a","kernel":"file:///k","__proto__":{"x":1}}', '$.__proto__'],
  ['a list', [aBody('a')], '$'],
  ['a word', '"a"', '$'],
  ['nothing', undefined, '$'],
  ['broken JSON', '{"name": "a",', '$'],
  ['nested too deep', `{"name":"a","labels":${'['.repeat(100)}${']'.repeat(100)}}`, '$'],
];

test('every malformed body is refused with the path of its offence, and nothing is left behind (S1b)', async () => {
  const world = await anApi();
  const before = world.plane.ctx.store.revision();
  for (const [what, body, path] of bodies) {
    const { status, json } = await world.call('POST', '/v1/vms', { body });
    assert.equal(status, 422, `${what}: ${JSON.stringify(json)}`);
    const { code, message, details } = json.error;
    assert.equal(code, 'validation_failed', what);
    const offences = details.offences as Offence[];
    assert.ok(
      offences.some((offence) => offence.path === path),
      `${what}: no offence at ${path} but ${offences.map((offence) => `${offence.path} ${offence.code}`).join(', ')}`,
    );
    assert.match(message, /offence/, what);
    assert.ok(details.request_id, what);
  }
  assert.ok(bodies.length >= 30);
  assert.equal(world.plane.ctx.store.revision(), before);
  assert.deepEqual((await world.call('GET', '/v1/vms')).json.items, []);
  await world.stop();
});

test('all offences are told at once, with what would be right', async () => {
  const world = await anApi();
  const body = aBody('Web_1', { memory_mib: '512M', cpu_cores: 0, nics: [{ forward: [] }] });
  const { json } = await world.call('POST', '/v1/vms', { body });
  const paths = (json.error.details.offences as Offence[]).map(({ path }) => path);
  assert.deepEqual([...paths].sort(), ['$.cpu_cores', '$.memory_mib', '$.name', '$.nics[0].forward']);
  assert.match(json.error.message, /VirtualMachine "Web_1" has 4 offences; nothing was changed/);
  await world.stop();
});

/** Latin-1, as an editor may save it: read as UTF-8 it would be stored as another text than was sent. */
const notUtf8 = Buffer.from('{"description": "Jörg"}', 'latin1');

test('the same holds for patches, queries, headers and verbs', async () => {
  const world = await anApi();
  await world.call('POST', '/v1/vms', { body: aBody('a') });
  const revision = world.plane.ctx.store.revision();
  const cases: readonly (readonly ['GET' | 'POST' | 'PATCH' | 'DELETE', string, object, string])[] = [
    ['PATCH', '/v1/vms/a', { body: { generation: 9 } }, '$.generation'],
    ['PATCH', '/v1/vms/a', { body: { uid: 'x' } }, '$.uid'],
    ['PATCH', '/v1/vms/a', { body: { name: 'b' } }, '$.name'],
    ['PATCH', '/v1/vms/a', { body: { desired_paused: true } }, '$.desired_paused'],
    ['PATCH', '/v1/vms/a', { body: { kernel: null } }, '$.image_url'],
    ['PATCH', '/v1/vms/a', { body: [] }, '$'],
    ['PATCH', '/v1/vms/a', { body: '{' }, '$'],
    ['POST', '/v1/apply', { body: '[{]' }, '$'],
    ['POST', '/v1/apply', {}, '$'],
    ['POST', '/v1/vms/a/plan', { body: aBody('b') }, '$'],
    ['PATCH', '/v1/vms/a?on_restart=maybe', { body: {} }, '?on_restart'],
    ['PATCH', '/v1/vms/a?force=true', { body: {} }, '?force'],
    ['PATCH', '/v1/vms/a', { body: {}, headers: { 'if-match': '7' } }, 'If-Match'],
    ['POST', '/v1/vms', { body: aBody('b'), headers: { 'if-none-match': '"7"' } }, 'If-None-Match'],
    ['PATCH', '/v1/vms/a', { body: notUtf8 }, '$'],
    ['POST', '/v1/apply', { body: notUtf8, headers: { 'content-type': 'application/yaml' } }, '$'],
    ['GET', '/v1/vms?limit=501', {}, '?limit'],
    ['GET', '/v1/vms?limit=0', {}, '?limit'],
    ['GET', '/v1/vms?cursor=', {}, '?cursor'],
    ['GET', '/v1/nodes?limit=1', {}, '?limit'],
    ['GET', '/v1/vms?limit=1&limit=2', {}, '?limit'],
    ['GET', '/v1/vms?phase=asleep', {}, '?phase'],
    ['GET', '/v1/vms?label_selector=%2C', {}, '?label_selector'],
    ['GET', '/v1/vms?fields=name,bogus', {}, '?fields'],
    ['GET', '/v1/vms/a?verbose=1', {}, '?verbose'],
    ['GET', '/v1/vms?revision=1', {}, '?revision'],
    ['GET', '/v1/vms?watch=false&epoch=1', {}, '?epoch'],
    ['GET', '/v1/vms?watch=true&limit=1', {}, '?limit'],
    ['GET', '/v1/events?revision=1', {}, '?revision'],
    ['GET', '/v1/events?watch=true&cursor=0', {}, '?cursor'],
    ['POST', '/v1/apply?prune_limit=1', { body: [] }, '?prune_limit'],
    ['POST', '/v1/apply?prune=a%20b', { body: [] }, '?prune'],
    ['POST', '/v1/apply?prune=!keep,tier!%3Ddb', { body: [] }, '?prune'],
    ['POST', '/v1/vms/a/plan?prune=app%3Dweb', { body: aBody('a') }, '?prune'],
    ['POST', '/v1/vms/a/stop?graceful=true', {}, '?graceful'],
    ['POST', '/v1/vms/a/stop', { body: { force: true } }, '$.force'],
    ['POST', '/v1/vms/a/start?wait=soon', {}, '?wait'],
    ['DELETE', '/v1/vms/a?graceful=yes', {}, '?graceful'],
    ['DELETE', '/v1/vms/a?graceful=true&forget=true', {}, '?graceful'],
    ['DELETE', '/v1/vms/a', { body: { graceful: true } }, '$.graceful'],
    ['POST', '/v1/vms/a/stop', { headers: { 'idempotency-key': 'a b' } }, 'Idempotency-Key'],
    ['POST', '/v1/tokens', { body: { name: 'Eve', role: 'root' } }, '$.role'],
    ['POST', '/v1/tokens', { body: {} }, '$.name'],
  ];
  for (const [method, url, options, path] of cases) {
    const { status, json } = await world.call(method, url, options);
    assert.equal(status, 422, `${method} ${url}: ${JSON.stringify(json)}`);
    const paths = (json.error.details.offences as Offence[]).map((offence) => offence.path);
    assert.ok(paths.includes(path), `${method} ${url}: ${paths.join()}`);
    if (path.startsWith('?')) assert.doesNotMatch(json.error.message, /^The (document|header)/, url);
    if (/^[A-Z]/.test(path)) assert.match(json.error.message, new RegExp(`^The header ${path} has`), url);
    assert.doesNotMatch(JSON.stringify(json), /Invalid (input|option|string)|Too (small|big)/, `${method} ${url}`);
  }
  assert.equal(world.plane.ctx.store.revision(), revision);
  await world.stop();
});

test('a parameter that is given twice is told as that, and one where there are none as not expected', async () => {
  const world = await anApi();
  const offenceOf = async (url: string) => (await world.call('GET', url)).json.error.details.offences[0];
  const twice = await offenceOf('/v1/vms?limit=1&limit=2');
  assert.deepEqual([twice.message, twice.expected], ['It is given more than once', 'one value']);
  assert.equal((await offenceOf('/v1/nodes?limit=1')).expected, 'nothing');
  await world.stop();
});

test('a body that is encoded is refused, not taken for what it is not', async () => {
  const world = await anApi();
  const send = (headers: Readonly<Record<string, string>>) =>
    world.call('POST', '/v1/vms', { body: aBody('a'), headers });
  for (const [name, coding] of [
    ['content-encoding', 'gzip'],
    ['transfer-encoding', 'gzip, chunked'],
  ] as const) {
    const { status, json } = await send({ [name]: coding });
    assert.deepEqual([status, json.error.code], [415, 'unsupported_media_type']);
  }
  assert.equal((await send({ 'content-encoding': 'identity' })).status, 202);
  await world.stop();
});

test('a condition on a write that would not look at it is refused: the write must not happen as if it had held', async () => {
  const world = await anApi();
  await world.call('POST', '/v1/vms', { body: aBody('a') });
  const revision = world.plane.ctx.store.revision();
  const manifest = { api_version: 'holdfast/v1', kind: 'VirtualMachine', ...aBody('a', { memory_mib: 1024 }) };
  for (const [method, url, body, header] of [
    ['POST', '/v1/vms', aBody('b'), 'If-Match'],
    ['PATCH', '/v1/vms/a', { memory_mib: 1024 }, 'If-None-Match'],
    ['DELETE', '/v1/vms/a', undefined, 'If-None-Match'],
    ['POST', '/v1/apply', [manifest], 'If-Match'],
  ] as const) {
    const { status, json } = await world.call(method, url, { body, headers: { [header.toLowerCase()]: '*' } });
    assert.equal(status, 422, `${method} ${url} ${JSON.stringify(json)}`);
    assert.equal(json.error.details.offences[0].path, header);
  }
  assert.equal(world.plane.ctx.store.revision(), revision);
  assert.equal((await world.call('GET', '/v1/vms/a', { headers: { 'if-none-match': '"1"' } })).status, 200);
  await world.stop();
});

test('an Idempotency-Key on a request that keeps no answer is refused: its repetition would act anew', async () => {
  const world = await anApi();
  const headers = { 'idempotency-key': 'k-1' };
  const { ctx } = world.plane;
  const revision = ctx.store.revision();
  const body = { name: 'eve', role: 'viewer' };
  const { status, json } = await world.call('POST', '/v1/tokens', { body, headers });
  assert.deepEqual([status, json.error.details.offences[0].path], [422, 'Idempotency-Key']);
  assert.equal(ctx.store.revision(), revision);
  // What changes nothing may be repeated anyway.
  const manifest = { api_version: 'holdfast/v1', kind: 'VirtualMachine', ...aBody('a') };
  assert.equal((await world.call('POST', '/v1/plan', { body: manifest, headers })).status, 200);
  await world.stop();
});
