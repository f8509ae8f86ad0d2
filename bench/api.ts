/** (d) Requests per second of the REST API, beside a bare node:http server that answers the same bytes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Api, call, inParallel } from './kit/api-calls.ts';
import { fleetVm, nameOf } from './kit/fleet-documents.ts';
import { ms, perSecond, ratio } from './kit/numbers.ts';
import { type Answering, forkAnswering } from './kit/processes.ts';
import type { Row, Section } from './kit/section.ts';
import { type LoadResult, luaRequests, runWrk } from './kit/wrk.ts';

const vms = 10_000;
const secondsEach = 4;
const rounds = 3;
const clients = 64;
/** GETs beside slow PATCHes: a few users that never pause. */
const readers = 4;
const patchLabel = '\'{"labels":{"changed":"v\' .. n .. \'"}}\'';
const patchStop = '\'{"stop":{"grace_seconds":\' .. (10 + n % 100) .. \'}}\'';

export async function benchApi(): Promise<Section> {
  const rows = [...(await withControl(0, measureFast)), ...(await withControl(5, measureSlowSync))];
  return {
    title: '(d) REST API',
    method:
      `One control plane with ${vms.toLocaleString('en')} VMs, \`wrk\` with one thread on the same cores, ${secondsEach} s each after a warm-up, best of ${rounds} (with readers: the round with their best p99). The peer is a ` +
      'bare node:http server that answers the same bytes (and reads request bodies) under the same load.',
    rows,
  };
}

async function withControl(
  syncDelayMs: number,
  measure: (api: Api) => Promise<readonly Row[]>,
): Promise<readonly Row[]> {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  try {
    const file = new URL('./kit/control-process.ts', import.meta.url);
    const { answering, first } = await forkAnswering(file, [dir, String(syncDelayMs)]);
    await using _control = answering;
    const api = first as Api;
    await inParallel(vms, clients, (n) => call(api, 'POST', '/v1/vms', fleetVm(n)));
    return await measure(api);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function measureFast(api: Api): Promise<readonly Row[]> {
  const { answering, first } = await startPeer(api);
  await using _peer = answering;
  const peer = { address: String(first), token: api.token };
  const rows: Row[] = [];
  const get = luaRequests('GET', api.token, vms);
  await load(api, get, { seconds: 2 });
  rows.push(await againstPeer('GET one VM', { api, peer, lua: get, target: 30_000 }));
  const kinds = [
    ['durable PATCH of a label', patchLabel],
    ['durable PATCH that grows the generation', patchStop],
  ] as const;
  for (const [what, body] of kinds) {
    const patch = luaRequests('PATCH', api.token, vms, body);
    await load(api, patch, { seconds: 2 });
    rows.push(await againstPeer(what, { api, peer, lua: patch, target: 10_000 }));
  }
  return rows;
}

async function measureSlowSync(api: Api): Promise<readonly Row[]> {
  const patch = luaRequests('PATCH', api.token, vms, patchStop);
  const get = luaRequests('GET', api.token, vms);
  await load(api, get, { seconds: 2 });
  await load(api, patch, { seconds: 2 });
  const alone: LoadResult[] = [];
  const beside: { readonly patches: LoadResult; readonly gets: LoadResult }[] = [];
  for (let n = 0; n < rounds; n += 1) {
    alone.push(await load(api, patch));
    const [patches, gets] = await Promise.all([load(api, patch), load(api, get, { connections: readers })]);
    beside.push({ patches, gets });
  }
  const best = bestOf(alone);
  const { patches, gets } = beside.reduce((kept, one) => (one.gets.p99Ms < kept.gets.p99Ms ? one : kept));
  const slow = 'a sync of 5 ms';
  return [
    {
      ...limited(`durable PATCH, ${slow}`, best),
      target: '≥ 3,000/s',
      met: best.perSecond >= 3_000 && alone.every(sound),
    },
    {
      ...limited(`the same with ${readers} readers beside it`, patches),
      target: '≥ 3,000/s',
      met: patches.perSecond >= 3_000 && beside.every((one) => sound(one.patches)),
    },
    {
      ...limited(`GET of those ${readers} readers`, gets),
      target: 'p99 ≤ 10 ms',
      met: gets.p99Ms <= 10 && beside.every((one) => sound(one.gets)),
    },
  ];
}

async function startPeer(api: Api): Promise<{ answering: Answering; first: unknown }> {
  const body = await call(api, 'GET', `/v1/vms/${nameOf(1)}`);
  return await forkAnswering(new URL('./peers/bare-http.ts', import.meta.url), [Buffer.from(body).toString('base64')]);
}

function load(
  { address }: Api,
  lua: string,
  { seconds = secondsEach, connections = clients }: { seconds?: number; connections?: number } = {},
): Promise<LoadResult> {
  return runWrk({ url: address, connections, seconds, lua });
}

const sound = ({ failures }: LoadResult): boolean => failures === 0;

function limited(what: string, { perSecond: rate, p50Ms, p99Ms, failures }: LoadResult): Omit<Row, 'target' | 'met'> {
  const failed = failures === 0 ? '' : `, ${failures} FAILED`;
  const measured = `${perSecond(rate)}, p50 ${ms(p50Ms)}, p99 ${ms(p99Ms)}${failed}`;
  return { what, measured, against: '', ratio: '' };
}

/** Both in turn, some times; the best of each, since whatever else the machine does only takes away. */
async function againstPeer(
  what: string,
  { api, peer, lua, target }: { readonly api: Api; readonly peer: Api; readonly lua: string; readonly target: number },
): Promise<Row> {
  const ours: LoadResult[] = [];
  const bare: LoadResult[] = [];
  for (let n = 0; n < rounds; n += 1) {
    bare.push(await load(peer, lua));
    ours.push(await load(api, lua));
  }
  const [best, bestBare] = [bestOf(ours), bestOf(bare)];
  return {
    ...limited(`${what}, ${clients} clients`, best),
    against: `bare node:http ${perSecond(bestBare.perSecond)}`,
    ratio: ratio(best.perSecond, bestBare.perSecond),
    target: `≥ ${perSecond(target)}`,
    met: best.perSecond >= target && ours.every(sound),
  };
}

function bestOf(results: readonly LoadResult[]): LoadResult {
  return results.reduce((best, result) => (result.perSecond > best.perSecond ? result : best));
}
