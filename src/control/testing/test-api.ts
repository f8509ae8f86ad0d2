/** The REST API over a test plane, with an admin and a viewer. */
import assert from 'node:assert/strict';
import { httpStatusOf } from '../../core/kit/error-table.ts';
import { createVirtualClock } from '../../sim/virtual-clock.ts';
import { errorSchema } from '../../wire/http/answers.ts';
import type { ApiConfig } from '../api/api-config.ts';
import { createApi } from '../api/create-api.ts';
import type { ApiServer } from '../api/route-context.ts';
import type { Role } from '../rows.ts';
import type { FakeNode } from './fake-node.ts';
import { aBody, aPlane, countedRandom, silentLog, type TestPlane } from './test-plane.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly json: any;
}

export interface TestApi extends TestPlane {
  readonly api: ApiServer;
  readonly token: string;
  call(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE' | 'PUT',
    url: string,
    options?: {
      readonly body?: unknown;
      readonly headers?: Readonly<Record<string, string>>;
      readonly as?: Role | 'nobody';
    },
  ): Promise<Answer>;
  listen(): Promise<string>;
}

export async function anApi(
  config: Partial<ApiConfig> = {},
  plane: Parameters<typeof aPlane>[0] = {},
): Promise<TestApi> {
  // Requests go through streams, and writes wait for the end of the turn.
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  const world = await aPlane({ clock: createVirtualClock({ turn }), ...plane });
  const api = await createApi(
    { plane: world.plane, clock: world.clock, random: countedRandom(), log: silentLog, endOfTurn: setImmediate },
    config,
  );
  const tokens: Readonly<Record<string, string>> = {
    admin: (await world.plane.tokens.create('user:admin', 'admin')).reveal(),
    viewer: (await world.plane.tokens.create('user:eve', 'viewer')).reveal(),
    nobody: 'hf_wrong',
  };
  return {
    ...world,
    api,
    token: tokens['admin'] ?? '',
    async call(method, url, { body, headers = {}, as = 'admin' } = {}) {
      const isRaw = body === undefined || typeof body === 'string' || body instanceof Buffer;
      const text = isRaw ? body : JSON.stringify(body);
      const type = text === undefined ? {} : { 'content-type': 'application/json' };
      const answer = await api.inject({
        method,
        url,
        headers: { authorization: `Bearer ${tokens[as]}`, ...type, ...headers },
        ...(text === undefined ? {} : { payload: text }),
      });
      const isJson = String(answer.headers['content-type'] ?? '').includes('json') && answer.body !== '';
      const json = isJson ? JSON.parse(answer.body) : null;
      const { statusCode: status, headers: answered } = answer;
      holdToDocs(api, { method, url }, { status, type: String(answered['content-type'] ?? ''), json });
      return { status, headers: answered, text: answer.body, json };
    },
    listen: () => api.listen({ host: '127.0.0.1', port: 0 }),
    async stop() {
      await api.close();
      await world.stop();
    },
  };
}

/** Whatever is answered is what OpenAPI says of the route: this status, this code, these fields and no others. */
function holdToDocs(
  api: ApiServer,
  { method, url }: { readonly method: string; readonly url: string },
  { status, type, json }: { readonly status: number; readonly type: string; readonly json: unknown },
): void {
  const path = url.split('?')[0] ?? url;
  const route = api.described.find((known) => known.method === method && known.pattern.test(path));
  // No route answers `404` and `405`.
  if (route === undefined) {
    assert.ok(status === 404 || status === 405, `${method} ${path} answered ${status}`);
    return;
  }
  assert.ok(route.docs !== null, `${method} ${route.url} is described`);
  if (status >= 400) {
    const { error } = errorSchema.parse(json);
    const codes: readonly string[] = route.docs.errors;
    assert.ok(codes.includes(error.code), `${method} ${route.url} may answer ${error.code}, says OpenAPI`);
    assert.equal(status, httpStatusOf(error.code));
    return;
  }
  const media = type.split(';')[0] ?? '';
  const schema = route.docs.answers[status]?.content[media];
  assert.ok(schema !== undefined, `${method} ${route.url} may answer ${status} as ${media}, says OpenAPI`);
  // Cut to some fields, a document is no longer whole.
  if (json !== null && !url.includes('fields=')) assert.deepEqual(schema.parse(json), json);
}

/** A node, and VM "web-1" that runs on it, as a user would have made it. */
export async function aRunningVm(world: Pick<TestApi, 'node' | 'call' | 'clock'>): Promise<FakeNode> {
  const node = await world.node();
  await world.call('POST', '/v1/vms', { body: aBody('web-1') });
  await world.clock.settle();
  await node.follow();
  await world.clock.settle();
  return node;
}
