import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { anApi, type TestApi } from '../testing/test-api.ts';
import { aBody } from '../testing/test-plane.ts';
import { createStoreMeter } from './store-metrics.ts';

const guide = readFileSync(new URL('../../../docs/guides/operating.md', import.meta.url), 'utf8');

/** Samples by name and labels, as Prometheus reads them. */
async function scrape(world: TestApi): Promise<ReadonlyMap<string, number>> {
  const { text } = await world.call('GET', '/metrics');
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

const familiesOf = (text: string): readonly string[] =>
  [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name ?? '');

test('metrics tell phases, reasons, tasks, nodes and requests as they are', async () => {
  const world = await anApi();
  assert.equal((await scrape(world)).get('holdfast_convergence_ratio'), 1);
  const node = await world.node();
  await world.call('POST', '/v1/vms', { body: aBody('runs') });
  await world.call('POST', '/v1/vms', { body: aBody('waits', { placement: { node: 'nowhere' } }) });
  await world.clock.settle();
  await node.follow();
  await world.clock.settle();
  await world.call('GET', '/v1/vms/nobody');
  await world.clock.advance(5_000);
  const seen = await scrape(world);
  const expected: Readonly<Record<string, number>> = {
    'holdfast_vms{phase="running"}': 1,
    'holdfast_vms{phase="pending"}': 1,
    'holdfast_vms{phase="error"}': 0,
    holdfast_vms_in_sync: 1,
    holdfast_convergence_ratio: 0.5,
    'holdfast_vm_reasons{code="node_not_found"}': 1,
    'holdfast_tasks_active{type="vm.create",status="pending"}': 1,
    'holdfast_tasks_finished_total{type="vm.create",status="success"}': 1,
    'holdfast_nodes{health="ready"}': 1,
    'holdfast_node_connected{node="node-1"}': 1,
    'holdfast_node_silence_seconds{node="node-1"}': 5,
    'holdfast_node_vms{node="node-1"}': 1,
    'holdfast_node_allocated_memory_bytes{node="node-1"}': (128 + 64) * 1024 ** 2,
    'holdfast_node_allocatable_cpu_cores{node="node-1"}': 64,
    'holdfast_http_requests_total{method="POST",route="/v1/vms",status="202"}': 2,
    'holdfast_http_requests_total{method="GET",route="/v1/vms/:name",status="404"}': 1,
    'holdfast_http_request_duration_seconds_count{method="POST",route="/v1/vms"}': 2,
    holdfast_watchers: 0,
  };
  for (const [name, value] of Object.entries(expected)) assert.equal(seen.get(name), value, name);
  await world.stop();
});

test('a failure that a node reports is counted once by its code, however often it is reported', async () => {
  const world = await anApi();
  const node = await world.node();
  await world.call('POST', '/v1/vms', { body: aBody('web-1') });
  await world.clock.settle();
  await node.follow();
  const fail = (at: number) =>
    node.script('web-1', () => ({
      operationError: {
        reason: { code: 'stop_timeout', message: 'The guest did not power off', at, details: {} },
        incarnationId: null,
        generation: 1,
        retryAt: null,
        attempt: 1,
      },
    }));
  for (const at of [world.clock.now(), world.clock.now(), world.clock.now() + 1]) {
    fail(at);
    await node.report();
    await world.clock.settle();
  }
  assert.equal((await scrape(world)).get('holdfast_failures_total{code="stop_timeout"}'), 2);
  await world.stop();
});

test('the store meter counts commits by result, and what shared a sync', async () => {
  const registry = new Registry();
  const note = createStoreMeter(registry);
  note({ commits: 3, seconds: 0.004, isDurable: true });
  note({ commits: 2, seconds: 0.1, isDurable: false });
  const text = await registry.metrics();
  for (const line of [
    'holdfast_store_commits_total{result="durable"} 3',
    'holdfast_store_commits_total{result="failed"} 2',
    'holdfast_store_batch_commits_sum 5',
    'holdfast_store_sync_duration_seconds_bucket{le="0.005"} 1',
  ]) {
    assert.ok(text.includes(`${line}\n`), line);
  }
});

test('every metric is documented, and every documented metric is there; labels hold no VM', async () => {
  const world = await anApi();
  const node = await world.node();
  const { json } = await world.call('POST', '/v1/vms', { body: aBody('a-vm-of-mine') });
  await world.clock.settle();
  await node.follow();
  await world.clock.settle();
  const registry = new Registry();
  createStoreMeter(registry);
  const { text } = await world.call('GET', '/metrics');
  const told = [...familiesOf(text), ...familiesOf(await registry.metrics())].toSorted();
  const documented = [...guide.matchAll(/^\| (`holdfast_[^|]+) \|/gm)].flatMap(([, names]) =>
    [...(names ?? '').matchAll(/`([a-z_]+)`/g)].map(([, name]) => name ?? ''),
  );
  assert.deepEqual(documented.toSorted(), told);
  for (const name of told) assert.match(name, /^holdfast_[a-z]+(_[a-z]+)*$/);
  assert.ok(!text.includes('a-vm-of-mine') && !text.includes(json.resource.uid));
  await world.stop();
});
