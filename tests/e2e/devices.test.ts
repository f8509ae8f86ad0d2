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

  const log = async (): Promise<string> => (await cluster.client.request('GET', `/v1/vms/${name}/logs`)).text;
  const logSays = (text: string | RegExp): Promise<string> =>
    eventually(
      `the guest says ${String(text)}`,
      async () => {
        const now = await log();
        return now.match(text) === null ? undefined : now;
      },
      90_000,
    );
  /** Types a command at the guest's shell and gives what it prints until it is silent. */
  async function inGuest(command: string, vm = name): Promise<string> {
    const console = cluster.start('console', vm, '--no-scrollback');
    console.process.stdin.end(`\n${command}\n`);
    assert.equal(await console.ended, 0, console.stderr());
    return console.stdout();
  }
  const addressesOf = (vm: VmDocument): readonly Address[] => vm.status['addresses'] as unknown as readonly Address[];

  test('boots from an overlay of the disk image and reads its seed (§10)', async () => {
    const vm = await cluster.until(name, 'it runs', isRunning, 60_000);
    const boot = await logSays(/HOLDFAST-GUEST-READY .*\r?\n/);
    assert.match(boot, /HOLDFAST-GUEST-READY hostname=named-by-seed .*seed=ok .*root=disk/);
    assert.match(boot, new RegExp(`instance_id=${vm.uid}`));
    await logSays('SEED-SAYS-23');
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
    const banner = await eventually('the banner of the guest', () => firstLine(endpoint.host, endpoint.port), 60_000);
    assert.match(banner, /^SSH-2\.0-dropbear/);
  });

  test('a data disk is there and keeps what is written across a restart; the port stays too', async () => {
    assert.match(await inGuest('cat /sys/block/vdb/size /sys/block/vdc/size; echo'), /\b2097152\b/);
    await inGuest(
      'd=$(grep -l "^2097152$" /sys/block/vd*/size | cut -d/ -f4); echo kept-by-disk | dd of=/dev/$d conv=fsync',
    );
    const before = await cluster.get(name);
    const rebooted = await cluster.cli('vm', 'reboot', name, '--wait=90s');
    assert.equal(rebooted.code, 0, rebooted.stdout + rebooted.stderr);
    const after = await cluster.until(name, 'it runs again', isRunning, 60_000);
    assert.notEqual(after.status.incarnation?.id, before.status.incarnation?.id);
    assert.deepEqual(addressesOf(after), addressesOf(before));
    await logSays(/READY [\s\S]*READY .*boots=2/);
    const read = 'd=$(grep -l "^2097152$" /sys/block/vd*/size | cut -d/ -f4); head -c 12 /dev/$d; echo';
    assert.match(await inGuest(read), /kept-by-disk/);
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
      '--wait=90s',
    );
    assert.equal(plugged.code, 0, plugged.stdout + plugged.stderr);
    const after = await cluster.until(name, 'it is in sync', isRunning, 60_000);
    assert.equal(after.status.incarnation?.id, before.status.incarnation?.id, 'no restart');
    const late = addressesOf(after).find(({ nic }) => nic === 'late');
    const port = late?.endpoints[0]?.port ?? 0;
    assert.ok(port > 0 && port !== addressesOf(after)[0]?.endpoints[0]?.port);
    await eventually('the guest has the NIC and the disk', async () =>
      /\beth1\b[\s\S]*\b4194304\b/.test(await inGuest('ls /sys/class/net; cat /sys/block/vd*/size')) ? true : undefined,
    );
  });

  test('a root disk that had the size of its image grows in place, and is then as wanted (S11)', async () => {
    const before = await cluster.get(name);
    const grown = await cluster.cli('vm', 'set', name, 'disk_gib=1', '--wait=60s');
    assert.equal(grown.code, 0, grown.stdout + grown.stderr);
    const after = await cluster.until(name, 'it is in sync', isRunning, 60_000);
    assert.equal(after.status.incarnation?.id, before.status.incarnation?.id);
    assert.match(await inGuest('cat /sys/block/vda/size; echo'), /\b2097152\b/);
  });

  test('memory changes in place within the headroom, and by a restart beyond it (§2 cost of a change)', async () => {
    const growing = 'grows';
    await cluster.create(growing, { memory_mib: 256, memory_max_mib: 512 });
    const before = await cluster.until(growing, 'it runs', isRunning, 60_000);
    await eventually('it has booted', async () =>
      (await cluster.cli('logs', growing)).stdout.includes('HOLDFAST-GUEST-READY') ? true : undefined,
    );
    const [pid] = cluster.hypervisors(before.uid);
    // Memory that is plugged in is of use once the guest's kernel takes it online.
    await inGuest('echo online_movable >/sys/devices/system/memory/auto_online_blocks', growing);
    const grown = await cluster.cli('vm', 'set', growing, 'memory_mib=384', '--wait=60s');
    assert.equal(grown.code, 0, grown.stdout + grown.stderr);
    const after = await cluster.until(growing, 'it is in sync', isRunning, 60_000);
    assert.deepEqual(cluster.hypervisors(before.uid), [pid]);
    assert.equal(after.status.incarnation?.id, before.status.incarnation?.id);
    assert.equal(after.status.running_hash, after.spec_hash, 'what runs is what is wanted, by hash');
    assert.notEqual(after.spec_hash, before.spec_hash);
    await eventually('the guest has the memory', async () => {
      const kib = Number(/MemTotal:\s+(\d+)/.exec(await inGuest('grep MemTotal /proc/meminfo', growing))?.[1] ?? 0);
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
      '--wait=90s',
    );
    assert.equal(restarted.code, 0, restarted.stdout + restarted.stderr);
    const last = await cluster.until(growing, 'it is in sync', isRunning, 60_000);
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
    socket.setTimeout(2_000, () => end(undefined));
    socket.once('data', (data) => end(data.toString('latin1').split('\r\n')[0]));
    socket.once('error', () => end(undefined));
    socket.once('close', () => end(undefined));
  });
}
