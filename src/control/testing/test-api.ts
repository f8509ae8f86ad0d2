/** The REST API over a test plane, with an admin and a viewer. */

import type { ApiConfig } from '../api/api-config.ts';
import { createApi } from '../api/create-api.ts';
import type { ApiServer } from '../api/route-context.ts';
import type { Role } from '../rows.ts';
import { aPlane, countedRandom, silentLog, type TestPlane } from './test-plane.ts';

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

export async function anApi(config: Partial<ApiConfig> = {}): Promise<TestApi> {
  const world = await aPlane();
  const api = await createApi(
    { plane: world.plane, clock: world.clock, random: countedRandom(), log: silentLog },
    config,
  );
  const tokens: Readonly<Record<string, string>> = {
    admin: await world.plane.tokens.create('user:admin', 'admin'),
    viewer: await world.plane.tokens.create('user:eve', 'viewer'),
    nobody: 'hf_wrong',
  };
  return {
    ...world,
    api,
    token: tokens['admin'] ?? '',
    async call(method, url, { body, headers = {}, as = 'admin' } = {}) {
      const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
      const type = text === undefined ? {} : { 'content-type': 'application/json' };
      const answer = await api.inject({
        method,
        url,
        headers: { authorization: `Bearer ${tokens[as]}`, ...type, ...headers },
        ...(text === undefined ? {} : { payload: text }),
      });
      const isJson = String(answer.headers['content-type'] ?? '').includes('json') && answer.body !== '';
      return {
        status: answer.statusCode,
        headers: answer.headers,
        text: answer.body,
        json: isJson ? JSON.parse(answer.body) : null,
      };
    },
    listen: () => api.listen({ host: '127.0.0.1', port: 0 }),
    async stop() {
      await api.close();
      await world.stop();
    },
  };
}
