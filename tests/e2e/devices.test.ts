/** Disks, seed, network and headroom of a real guest, seen from inside the guest and from the host. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { JsonObject } from '../../src/core/kit/json.ts';
import {
  cannotRun,
  eventually,
  imagesDir,
  isRunning,
  startCluster,
  type TestCluster,
  type VmDocument,
} from './cluster.ts';
import { instanceFiles } from './world.ts';

interface Address {
  readonly nic: string;
  readonly endpoints: readonly { readonly host: string; readonly port: number; readonly guest_port: number }[];
}

describe('devices of a real guest', { skip: cannotRun() }, () => {
  let cluster: TestCluster;
  const name = 'disky';
  before(async () => {
    cluster = await startCluster();
    const fields: JsonObject = {
      ...{ kernel: null, initrd: null, cmdline: null },
      image_url: pathToFileURL(join(imagesDir, 'guest.qcow2')).href,
      image_format: 'qcow2',
      memory_mib: 256,
      disks: [{ name: 'data', size_gib: 1 }],
      nics: [{ name: 'eth0', forwards: [{ host_port: 0, guest_port: 22 }] }],
      cloud_init: { hostname: 'named-by-seed', user_data: '#cloud-config\nruncmd:\n  - echo SEED-SAYS-$((20+3))\n' },
      stop: { grace_seconds: 20 },
    };
    await cluster.create(name, fields);
  });
  after(async () => {
    await cluster[Symbol.asyncDispose]();
  });

  const addressesOf = (vm: VmDocument): readonly Address[] => vm.status['addresses'] as unknown as readonly Address[];

  test('boots from an overlay of the disk image and reads its seed (§10)', async () => {
    const vm = await cluster.until(name, 'it runs', isRunning);
    const boot = await cluster.booted(name);
    assert.match(boot, /HOLDFAST-GUEST-READY hostname=named-by-seed .*seed=ok .*root=disk/);
    assert.match(boot, new RegExp(`instance_id=${vm.uid}`));
    await eventually('the commands of its seed have run', async () =>
      (await cluster.booted(name)).includes('SEED-SAYS-23') ? true : undefined,
    );
    const files = instanceFiles(cluster.dataDir);
    for (const file of ['root.qcow2', 'disk-data.qcow2', 'seed.iso']) {
      assert.ok(files.includes(`${vm.uid}/${file}`), `${file} in ${files.join()}`);
    }
  });

  test('a forward with host_port 0 gets a port of the node, and leads to the guest', async () => {
    const vm = await cluster.get(name);
    const [address] = addressesOf(vm);
    const endpoint = address?.endpoints[0];
    assert.equal(address?.nic, 'eth0');
    assert.ok(endpoint !== undefined && endpoint.port > 0);
    assert.equal(endpoint.guest_port, 22);
    const banner = await eventually('the banner of the guest', () => firstLine(endpoint.host, endpoint.port));
    assert.match(banner, /^SSH-2\.0-dropbear/);
  });

  test('a data disk is there and keeps what is written across a restart; the port stays too', async () => {
    assert.match(await cluster.inGuest(name, 'cat /sys/block/vdb/size /sys/block/vdc/size'), /\b2097152\b/);
    await cluster.inGuest(
      name,
      'd=$(grep -l "^2097152$" /sys/block/vd*/size | cut -d/ -f4); echo kept-by-disk | dd of=/dev/$d conv=fsync',
    );
    const before = await cluster.get(name);
    const rebooted = await cluster.cli('vm', 'reboot', name, '--wait=3m');
    assert.equal(rebooted.code, 0, rebooted.stdout + rebooted.stderr);
    const after = await cluster.until(name, 'it runs again', isRunning);
    assert.notEqual(after.status.incarnation?.id, before.status.incarnation?.id);
    assert.deepEqual(addressesOf(after), addressesOf(before));
    assert.match(await cluster.booted(name, 2), /READY [\s\S]*READY .*boots=2/);
    const read = 'd=$(grep -l "^2097152$" /sys/block/vd*/size | cut -d/ -f4); head -c 12 /dev/$d; echo';
    assert.match(await cluster.inGuest(name, read), /kept-by-disk/);
  });

  test('a NIC and a disk are plugged into the running guest, with their forward (§2 cost of a change)', async () => {
    const before = await cluster.get(name);
    const set = ['vm', 'set', name];
    const nics = [
      { name: 'eth0', forwards: [{ host_port: 0, guest_port: 22 }] },
      { name: 'late', forwards: [{ host_port: 0, guest_port: 22 }] },
    ];
    const disks = [
      { name: 'data', size_gib: 1 },
      { name: 'late', size_gib: 2 },
    ];
    const plugged = await cluster.cli(
      ...set,
      `nics:=${JSON.stringify(nics)}`,
      `disks:=${JSON.stringify(disks)}`,
      '--wait=3m',
    );
    assert.equal(plugged.code, 0, plugged.stdout + plugged.stderr);
    const after = await cluster.until(name, 'it is in sync', isRunning);
    assert.equal(after.status.incarnation?.id, before.status.incarnation?.id, 'no restart');
    const late = addressesOf(after).find(({ nic }) => nic === 'late');
    const port = late?.endpoints[0]?.port ?? 0;
    assert.ok(port > 0 && port !== addressesOf(after)[0]?.endpoints[0]?.port);
    await eventually(
      'the guest has the NIC and the disk',
      async () =>
        /\beth1\b[\s\S]*\b4194304\b/.exec(
          await cluster.inGuest(name, 'ls /sys/class/net; cat /sys/block/vd*/size'),
        )?.[0],
    );
  });

  test('a root disk that had the size of its image grows in place, and is then as wanted (S11)', async () => {
    const before = await cluster.get(name);
    const grown = await cluster.cli('vm', 'set', name, 'disk_gib=1', '--wait=3m');
    assert.equal(grown.code, 0, grown.stdout + grown.stderr);
    const after = await cluster.until(name, 'it is in sync', isRunning);
    assert.equal(after.status.incarnation?.id, before.status.incarnation?.id);
    await eventually(
      'the guest has the room',
      async () => /\b2097152\b/.exec(await cluster.inGuest(name, 'cat /sys/block/vda/size'))?.[0],
    );
  });

  test('memory changes in place within the headroom, and by a restart beyond it (§2 cost of a change)', async () => {
    const growing = 'grows';
    await cluster.create(growing, { memory_mib: 256, memory_max_mib: 512 });
    const before = await cluster.until(growing, 'it runs', isRunning);
    await cluster.booted(growing);
    const [pid] = cluster.hypervisors(before.uid);
    // Memory that is plugged in is of use once the guest's kernel takes it online.
    await cluster.inGuest(growing, 'echo online_movable >/sys/devices/system/memory/auto_online_blocks');
    const grown = await cluster.cli('vm', 'set', growing, 'memory_mib=384', '--wait=3m');
    assert.equal(grown.code, 0, grown.stdout + grown.stderr);
    const after = await cluster.until(growing, 'it is in sync', isRunning);
    assert.deepEqual(cluster.hypervisors(before.uid), [pid]);
    assert.equal(after.status.incarnation?.id, before.status.incarnation?.id);
    assert.equal(after.status.running_hash, after.spec_hash, 'what runs is what is wanted, by hash');
    assert.notEqual(after.spec_hash, before.spec_hash);
    await eventually('the guest has the memory', async () => {
      const said = await cluster.inGuest(growing, 'grep MemTotal /proc/meminfo');
      const kib = Number(/MemTotal:\s+(\d+)/.exec(said)?.[1] ?? 0);
      return kib > 300 * 1024 ? true : undefined;
    });

    const refused = await cluster.cli('vm', 'set', growing, 'memory_max_mib=1024', 'memory_mib=768');
    assert.equal(refused.code, 4);
    assert.match(refused.stderr, /restart_required/);
    const restarted = await cluster.cli(
      'vm',
      'set',
      growing,
      'memory_max_mib=1024',
      'memory_mib=768',
      '--on-restart',
      'restart',
      '--wait=3m',
    );
    assert.equal(restarted.code, 0, restarted.stdout + restarted.stderr);
    const last = await cluster.until(growing, 'it is in sync', isRunning);
    assert.notEqual(last.status.incarnation?.id, before.status.incarnation?.id);
    assert.equal(cluster.hypervisors(before.uid).length, 1);
  });
});

/** What a server says first; undefined where nobody answers yet. */
function firstLine(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (line: string | undefined): void => {
      socket.destroy();
      resolve(line);
    };
    socket.setTimeout(10_000, () => end(undefined));
    socket.once('data', (data) => end(data.toString('latin1').split('\r\n')[0]));
    socket.once('error', () => end(undefined));
    socket.once('close', () => end(undefined));
  });
}
