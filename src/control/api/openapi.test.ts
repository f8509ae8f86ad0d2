/** The document is proven by walking all routes; every other test of this room holds its answers against it as well. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Answer, anApi, type TestApi } from '../testing/test-api.ts';
import { aBody } from '../testing/test-plane.ts';
import type { RequestHeader } from './describe-route.ts';
import type { DescribedRoute } from './route-context.ts';

type Method = Parameters<TestApi['call']>[0];
interface Parameter {
  readonly in: string;
  readonly name: string;
  readonly description?: string;
}

const codeOf = ({ json }: Answer): string => json?.error?.code;
const methodOf = (route: DescribedRoute) => route.method as Method;
const manifest = { api_version: 'holdfast/v1', kind: 'VirtualMachine', ...aBody('vm-1') };

/** A body that the route accepts for the VM `vm-1`. */
function bodyFor({ method, url }: DescribedRoute): unknown {
  if (url === '/v1/vms') return aBody('vm-1');
  if (url === '/v1/tokens') return { name: 'ann', role: 'viewer' };
  if (url.endsWith('/plan') || url === '/v1/apply') return url.includes(':name') ? manifest : [manifest];
  return method === 'PATCH' || url.endsWith('/resize') ? { labels: { a: 'b' } } : undefined;
}

const isWrite = ({ method, url }: DescribedRoute) => method !== 'GET' && !url.endsWith('/plan');
const hasHeader = ({ docs }: DescribedRoute, name: RequestHeader) => docs?.headers?.includes(name) === true;

/** A world with the VM `vm-1`, running, and its first task. */
async function aWorld() {
  const world = await anApi();
  const node = await world.node();
  const created = await world.call('POST', '/v1/vms', { body: aBody('vm-1') });
  await world.clock.settle();
  await node.follow();
  await world.clock.settle();
  const urlOf = ({ url }: DescribedRoute, id = 'vm-1') =>
    url
      .replace('/nodes/:name', id === 'vm-1' ? '/nodes/node-1' : `/nodes/${id}`)
      .replace(':name', id)
      .replace(':id', id === 'vm-1' ? created.json.id : id);
  return { world, node, urlOf };
}

test('OpenAPI 3.1 describes every route: its path, its parameters, its answers and each error by its code', async () => {
  const world = await anApi();
  const { json: document } = await world.call('GET', '/openapi.json');
  assert.equal(document.openapi, '3.1.0');
  assert.ok(world.api.described.length >= 30, `${world.api.described.length} routes`);
  for (const { method, url, docs } of world.api.described) {
    const what = `${method} ${url}`;
    const operation = document.paths[url.replace(/:([a-z]+)/g, '{$1}')]?.[method.toLowerCase()];
    assert.ok(docs !== null && operation !== undefined, `${what} is described`);
    const parameters: readonly Parameter[] = operation.parameters ?? [];
    const named = (place: string) => parameters.filter((one) => one.in === place).map(({ name }) => name);
    assert.deepEqual(
      named('path'),
      [...url.matchAll(/:([a-z]+)/g)].map(([, name]) => name),
      what,
    );
    assert.deepEqual(named('query'), Object.keys(docs.query?.shape ?? {}), what);
    assert.deepEqual(named('header'), docs.headers ?? [], what);
    assert.ok(
      parameters.every(({ description }) => (description ?? '') !== ''),
      `${what} says what each is for`,
    );
    assert.equal(operation.requestBody !== undefined, docs.body !== undefined, what);
    const answered = Object.values<{ description: string }>(operation.responses).map(({ description }) => description);
    for (const code of docs.errors)
      assert.ok(
        answered.some((text) => text.includes(`\`${code}\``)),
        `${what} ${code}`,
      );
    assert.ok(!answered.includes('Default Response'), what);
    assert.equal(operation.security?.length === 0, docs.isOpen === true, what);
  }
  assert.equal(
    Object.values<object>(document.paths).flatMap((path) => Object.keys(path)).length,
    world.api.described.length,
    'nothing is described that is not there',
  );
  await world.stop();
});

test('every route refuses strangers, unknown parameters and names as OpenAPI says', async () => {
  const { world, urlOf } = await aWorld();
  for (const route of world.api.described) {
    const what = `${route.method} ${route.url}`;
    const url = urlOf(route);
    const ask = (path: string, options: Parameters<TestApi['call']>[2] = {}) =>
      world.call(methodOf(route), path, { body: bodyFor(route), ...options });
    if (route.docs?.isOpen !== true) {
      assert.equal((await ask(url, { as: 'nobody' })).status, 401, what);
      if (isWrite(route)) assert.equal((await ask(url, { as: 'viewer' })).status, 403, what);
    }
    const unknown = await ask(`${url}?colour=blue`);
    assert.equal(codeOf(unknown), 'validation_failed', what);
    assert.equal(unknown.json.error.details.offences[0].path, '?colour', what);
    // A console is let in by its token, before anything is said of the VM. A plan may well be about a new one.
    if (/:(name|id)/.test(route.url) && route.docs?.isOpen !== true && !route.url.endsWith('/plan')) {
      assert.equal(codeOf(await ask(urlOf(route, 'nobody-has-this-name'))), 'not_found', what);
    }
  }
  await world.stop();
});

test('every route that reads a body refuses one that is no JSON, of another type or with duplicate keys', async () => {
  const { world, urlOf } = await aWorld();
  for (const route of world.api.described.filter(({ method }) => method !== 'GET')) {
    const what = `${route.method} ${route.url}`;
    const send = (body: string, type: string) =>
      world.call(methodOf(route), urlOf(route), { body, headers: { 'content-type': type } });
    assert.equal(codeOf(await send('hello', 'text/plain')), 'unsupported_media_type', what);
    for (const body of ['{', '{"a":1,"a":1}']) {
      const refused = await send(body, 'application/json');
      assert.equal(codeOf(refused), 'validation_failed', `${what} ${body}`);
    }
  }
  await world.stop();
});

test('If-Match is honoured by every route that OpenAPI says it of, and by no other', async () => {
  const { world, urlOf } = await aWorld();
  for (const route of world.api.described.filter(isWrite)) {
    const what = `${route.method} ${route.url}`;
    const headers = { 'if-match': '"999999"' };
    const answer = await world.call(methodOf(route), urlOf(route), { body: bodyFor(route), headers });
    assert.equal(answer.status === 412, hasHeader(route, 'If-Match'), `${what} answered ${answer.status}`);
    if (!hasHeader(route, 'If-Match')) continue;
    const unread = { body: bodyFor(route), headers: { 'if-match': 'latest' } };
    assert.equal(codeOf(await world.call(methodOf(route), urlOf(route), unread)), 'validation_failed', what);
  }
  await world.stop();
});

test('Idempotency-Key is honoured by every route that OpenAPI says it of, and by no other', async () => {
  const { world, node, urlOf } = await aWorld();
  const writes = world.api.described.filter(isWrite).toSorted((a, b) => orderOf(a) - orderOf(b));
  for (const route of writes) {
    const what = `${route.method} ${route.url}`;
    const url = await readyUrl(world, route, urlOf(route));
    const body = route.url === '/v1/vms' ? aBody('vm-new') : bodyFor(route);
    const options = { body, headers: { 'idempotency-key': `key of ${what}`.replaceAll(' ', '_') } };
    const first = await world.call(methodOf(route), url, options);
    if (route.url === '/v1/tokens') {
      assert.equal(first.json.error.details.offences[0].path, 'Idempotency-Key', what);
      continue;
    }
    assert.ok(first.status < 300, `${what} answered ${first.status} ${first.text}`);
    assert.equal(first.headers['idempotent-replay'], undefined, what);
    const again = await world.call(methodOf(route), url, options);
    assert.equal(again.headers['idempotent-replay'] === 'true', hasHeader(route, 'Idempotency-Key'), what);
    const option = ['allow_replace', 'graceful'].find((name) => route.docs?.query?.shape[name] !== undefined);
    if (option !== undefined) {
      const other = await world.call(methodOf(route), `${url}?${option}=true`, options);
      assert.equal(codeOf(other), 'idempotency_key_mismatch', what);
    }
    await world.clock.settle();
    if (route.url.startsWith('/v1/vms/:name/') && node.session !== undefined) await node.obey();
  }
  await world.stop();
});

/** What ends the VM comes last, and what stops it after what needs it running. */
function orderOf({ method, url }: DescribedRoute): number {
  if (method === 'DELETE') return 3;
  return /(stop|poweroff)$/.test(url) ? 2 : 1;
}

/** A task that can be cancelled: of a VM that no node takes. */
async function readyUrl(world: TestApi, route: DescribedRoute, url: string): Promise<string> {
  if (!route.url.endsWith('/cancel')) return url;
  const waits = await world.call('POST', '/v1/vms', { body: aBody('vm-waits', { placement: { node: 'nowhere' } }) });
  return `/v1/tasks/${waits.json.id}/cancel`;
}

test('the page that shows the document needs nothing from elsewhere', async () => {
  const world = await anApi();
  const { text } = await world.call('GET', '/docs');
  assert.ok(!/https?:\/\//.test(text));
  await world.stop();
});
