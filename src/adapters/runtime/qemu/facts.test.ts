import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault, faultCode } from '../../../core/kit/fault.ts';
import { observeFacts } from './facts.ts';
import type { Monitor } from './monitor.ts';

const signal = new AbortController().signal;
const GIB = 2 ** 30;

const disk = (qdev: string, size: unknown) => ({ qdev, inserted: { image: { 'virtual-size': size } } });
const growing = { type: 'virtio-mem', data: { id: 'vmem0', size: 0, 'max-size': GIB } };
const honest: Readonly<Record<string, unknown>> = {
  'query-cpus-fast': [{}, {}],
  'query-hotpluggable-cpus': [{ 'vcpus-count': 1 }, { 'vcpus-count': 1 }, { 'vcpus-count': 1 }],
  'query-memory-size-summary': { 'base-memory': GIB },
  'query-memory-devices': [growing],
  'query-block': [disk('/machine/peripheral/root/virtio-backend', 2 * GIB), disk('disk-data', GIB), { qdev: 'none' }],
  'query-blockstats': [{ stats: { rd_bytes: 7, wr_bytes: 8 } }],
  'query-rx-filter': [{ name: 'nic-eth0', 'main-mac': '52:54:00:AA:BB:CC' }],
  'query-kvm': { enabled: false },
  'human-monitor-command':
    'Hub -1 (net-eth0):\n  TCP[HOST_FORWARD]  13  127.0.0.1 40022  10.0.2.15    22     0     0\n',
  'qom-list': [{ name: 'type' }],
};

/** A monitor that answers so; what it has no answer to it refuses. */
function aMonitor(answers: Readonly<Record<string, unknown>>): Monitor {
  const call = async (command: string): Promise<unknown> => {
    if (!(command in answers)) throw new Fault('monitor_failed', 'no');
    return answers[command];
  };
  return { call } as unknown as Monitor;
}

test('facts are what the monitor answers, refused questions are answered by what runs', async () => {
  const facts = await observeFacts(aMonitor(honest), signal);
  assert.deepEqual([facts.cpuCores, facts.cpuCoresMax, facts.memoryMib, facts.freePorts], [2, 3, 1024, 4]);
  assert.deepEqual([facts.disks, facts.rootDiskBytes], [[{ name: 'data', sizeGib: 1 }], 2 * GIB]);
  assert.deepEqual(facts.nics, [
    {
      name: 'eth0',
      mac: '52:54:00:aa:bb:cc',
      forwards: [{ protocol: 'tcp', hostIp: '127.0.0.1', hostPort: 40022, guestPort: 22 }],
    },
  ]);
  assert.deepEqual([facts.diskReadBytes, facts.diskWriteBytes, facts.accel], [7, 8, 'tcg']);
});

const lies: readonly (readonly [command: string, answer: unknown])[] = [
  ['query-cpus-fast', { length: 'two' }],
  ['query-cpus-fast', new Array(1_000_000).fill({})],
  ['query-hotpluggable-cpus', [{ 'vcpus-count': '1' }]],
  ['query-memory-size-summary', { 'base-memory': 'much' }],
  ['query-memory-size-summary', null],
  ['query-balloon', { actual: 1e300 }],
  ['query-memory-devices', [{ type: 'virtio-mem', data: { id: 'vmem0', size: -1 } }]],
  ['query-block', [disk('root', '10')]],
  ['query-block', [disk('root', 0.5)]],
  ['query-block', [disk('x'.repeat(1_000_000), 1)]],
  ['query-blockstats', [{ stats: { rd_bytes: {}, wr_bytes: 0 } }]],
  ['query-rx-filter', [{ name: 'nic-eth0', 'main-mac': 7 }]],
  ['query-kvm', []],
];
for (const [command, answer] of lies) {
  const shown = JSON.stringify(answer).slice(0, 60);
  test(`a monitor that answers ${command} with ${shown} tells nothing (spec §12)`, async () => {
    await assert.rejects(
      observeFacts(aMonitor({ ...honest, [command]: answer }), signal),
      (error) => faultCode(error) === 'monitor_failed',
    );
  });
}

test('disks and NICs that nobody can have declared are not told of, and no text takes long to read', async () => {
  const odd = {
    'query-block': [disk('disk-\u001b[2J', GIB), disk('disk-a b', GIB)],
    'query-rx-filter': [{ name: 'nic-\n', 'main-mac': '' }],
    'human-monitor-command': '(net-'.repeat(800_000),
  };
  const facts = await observeFacts(aMonitor({ ...honest, ...odd }), signal);
  assert.deepEqual([facts.disks, facts.nics, facts.rootDiskBytes], [[], [], null]);
});
