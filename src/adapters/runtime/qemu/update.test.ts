import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DiskSpec, NicSpec, VmSpec } from '../../../core/instance/spec.ts';
import { aSpec, testUid } from '../../../core/instance/testing/builders.ts';
import { asIncarnationId } from '../../../core/kit/brand.ts';
import { faultCode } from '../../../core/kit/fault.ts';
import type { KnownOfInstance } from '../../../ports/runtime.ts';
import { diskBlockNode } from './block-nodes.ts';
import { diskDevice, diskNode, ROOT_NODE, ROOT_PORTS } from './names.ts';
import { aMachine } from './testing/machine.ts';
import { update } from './update.ts';

const signal = new AbortController().signal;
const ref = { uid: testUid, name: 'web', incarnationId: asIncarnationId('0195a3c1-9d02-7b60-8c11-5a4e0d7f2b33') };
const GIB = 2 ** 30;

type Machine = ReturnType<typeof aMachine>;

const aDisk = (name: string, sizeGib = 1, readOnly = false): DiskSpec => ({
  ...{ name, sizeGib, readOnly },
  pool: 'default',
  ephemeral: false,
});
const forward = (hostPort: number, guestPort: number): NicSpec['forwards'][number] => ({
  ...{ protocol: 'tcp', hostIp: '127.0.0.1', hostPort, guestPort },
});
const aNic = (forwards: NicSpec['forwards'] = []): NicSpec => ({
  ...{ name: 'eth0', network: 'user', mac: '52:54:00:12:34:56', forwards },
});

const change = (machine: Machine, spec: Partial<VmSpec>, known: Partial<KnownOfInstance> = {}): Promise<void> =>
  update(machine.context, { ref, wanted: aSpec(spec), known: { hostPorts: {}, madeBefore: [], ...known } }, signal);

/** Was given the disk when it was started, or before. */
function attach(machine: Machine, disk: DiskSpec): void {
  machine.addNode(diskBlockNode(disk, `../disk-${disk.name}.qcow2`));
  machine.addDevice({ id: diskDevice(disk.name), driver: 'virtio-blk-pci', drive: diskNode(disk.name) });
}

function fillPorts(machine: Machine, free: number): void {
  for (const bus of ROOT_PORTS.slice(free)) machine.addDevice({ id: `other-${bus}`, driver: 'a-device', bus });
}

const codeOf = (promise: Promise<unknown>): Promise<string | undefined> =>
  promise.then(
    () => undefined,
    (error) => faultCode(error),
  );

test('a disk added in place is found by its name in the guest, lies in its own file, and is added once (S8)', async () => {
  using machine = aMachine();
  const disks = [aDisk('data'), aDisk('a-name-that-is-longer-than-a-serial', 1, true)];
  for (const { name } of disks) machine.makeFile(name);
  for (const _ of ['once', 'again']) await change(machine, { disks });
  const serials = disks.map(({ name }) => machine.devices.get(diskDevice(name))?.['serial']);
  assert.deepEqual(serials, ['data', 'a-name-that-is-longe']);
  const nodes = disks.map(({ name }) => machine.nodes.get(diskNode(name)));
  assert.deepEqual(
    nodes.map((node) => [node?.file, node?.isReadOnly]),
    [
      ['../disk-data.qcow2', false],
      ['../disk-a-name-that-is-longer-than-a-serial.qcow2', true],
    ],
  );
  assert.deepEqual([machine.nodes.size, machine.devices.size], [2, 2]);
});

test('a disk or NIC for which no port is free leaves nothing behind, and is added once one is', async () => {
  using machine = aMachine();
  machine.makeFile('data');
  fillPorts(machine, 0);
  for (const spec of [{ disks: [aDisk('data')] }, { nics: [aNic()] }]) {
    assert.equal(await codeOf(change(machine, spec)), 'restart_required');
  }
  assert.deepEqual([machine.nodes.size, machine.networks.size], [0, 0]);
  for (const bus of ROOT_PORTS.slice(0, 2)) machine.devices.delete(`other-${bus}`);
  await change(machine, { disks: [aDisk('data')], nics: [aNic()] });
  assert.deepEqual([machine.nodes.size, machine.networks.size, machine.devices.size], [1, 1, 4]);
});

test('a disk that was made before and is gone is volume_unavailable, and the guest is given no other', async () => {
  using machine = aMachine();
  const wanted = { disks: [aDisk('data')] };
  assert.equal(await codeOf(change(machine, wanted, { madeBefore: ['data'] })), 'volume_unavailable');
  assert.deepEqual([machine.nodes.size, machine.devices.size], [0, 0]);
});

test('disks grow and never shrink, and one that is read-only is left as it is', async () => {
  using machine = aMachine();
  machine.addNode({ 'node-name': ROOT_NODE, file: { filename: '../root.qcow2' } });
  machine.addDevice({ id: ROOT_NODE, driver: 'virtio-blk-pci', drive: ROOT_NODE });
  for (const disk of [aDisk('data'), aDisk('kept', 1, true)]) attach(machine, disk);
  const gib = () =>
    [ROOT_NODE, diskNode('data'), diskNode('kept')].map((node) => (machine.nodes.get(node)?.bytes ?? 0) / GIB);
  await change(machine, { diskGib: 5, disks: [aDisk('data', 3), aDisk('kept', 3, true)] });
  assert.deepEqual(gib(), [5, 3, 1]);
  await change(machine, { diskGib: 2, disks: [aDisk('data', 2), aDisk('kept', 3, true)] });
  assert.deepEqual(gib(), [5, 3, 1]);
});

test('processors are added from the lowest slot on, as many as are wanted, and none is taken away', async () => {
  using machine = aMachine({ cores: 1, coresMax: 6 });
  await change(machine, { cpuCores: 3 });
  assert.deepEqual(machine.cores(), [2, 1, 0]);
  await change(machine, { cpuCores: 1 });
  assert.deepEqual(machine.cores(), [2, 1, 0]);
});

test('a NIC added in place has its declared address and forwards', async () => {
  using machine = aMachine();
  const nics = [aNic([forward(0, 22), forward(8_080, 80)])];
  for (const _ of ['once', 'again'])
    await change(machine, { nics }, { hostPorts: { 'eth0/tcp:127.0.0.1:22': 40_022 } });
  assert.equal(machine.devices.get('nic-eth0')?.['mac'], '52:54:00:12:34:56');
  assert.equal(machine.devices.get('nic-eth0')?.['netdev'], 'net-eth0');
  assert.deepEqual(
    [...(machine.networks.get('net-eth0') ?? [])],
    ['tcp:127.0.0.1:40022-:22', 'tcp:127.0.0.1:8080-:80'],
  );
});

test('a NIC whose card was taken out by hand comes back, in the network that was left', async () => {
  using machine = aMachine();
  await change(machine, { nics: [aNic([forward(8_080, 80)])] });
  machine.devices.delete('nic-eth0');
  await change(machine, { nics: [aNic([])] });
  assert.ok(machine.devices.has('nic-eth0'));
});

test('forwards that are no longer declared go first, so that their host ports serve others; one that is taken is told', async () => {
  using machine = aMachine();
  await change(machine, { nics: [aNic([forward(8_080, 80), forward(8_443, 443)])] });
  await change(machine, { nics: [aNic([forward(8_080, 8_000), forward(8_443, 443)])] });
  const rules = () => [...(machine.networks.get('net-eth0') ?? [])].toSorted();
  assert.deepEqual(rules(), ['tcp:127.0.0.1:8080-:8000', 'tcp:127.0.0.1:8443-:443']);
  const twice = { nics: [aNic([forward(8_080, 8_000), forward(8_443, 443), forward(8_443, 444)])] };
  machine.takeChanged();
  await assert.rejects(change(machine, twice), (error) => {
    const { code, details } = error as { readonly code: string; readonly details: unknown };
    assert.deepEqual([code, details], ['port_conflict', { host_ip: '127.0.0.1', host_port: 8_443 }]);
    return true;
  });
  assert.ok(machine.takeChanged(), 'what was done before it failed is seen with the next look');
});

test('memory above what a guest booted with is plugged, below it the balloon takes it; what the guest keeps is taken so too', async () => {
  using machine = aMachine({ memoryMib: 512, growMib: 256 });
  const { memory } = machine;
  await change(machine, { memoryMib: 640, memoryMaxMib: 768 });
  assert.deepEqual([memory.requestedMib, memory.balloonMib], [128, 512]);
  memory.pluggedMib = memory.requestedMib;
  await change(machine, { memoryMib: 400, memoryMaxMib: 768 });
  assert.deepEqual([memory.requestedMib, memory.balloonMib], [0, 400], 'asked first');
  await change(machine, { memoryMib: 400, memoryMaxMib: 768 });
  assert.deepEqual([memory.requestedMib, memory.balloonMib], [0, 272], 'the guest keeps 128 MiB that were plugged');
  await change(machine, { memoryMib: 300, memoryMaxMib: 768 });
  assert.equal(memory.balloonMib, 256, 'never below half of what it booted with');
});
