/**
 * libvirt from its package, with daemons started by hand in a mount namespace of their own: there its configuration says
 * root and no security driver, which is the least work for it. Nothing outside changes.
 */
import { execFile, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../../tests/e2e/cluster.ts';
import { endChild } from '../kit/processes.ts';
import { earlySpeaker, firstByteAt, guestInitrd, guestKernel } from '../kit/vm-log.ts';

export interface Libvirt extends AsyncDisposable {
  readonly version: string;
  /** `virsh define` and `virsh start` of the guest → first byte of its serial log, in ms. The guest is gone afterwards. */
  startOnce(): Promise<number>;
}

const run = promisify(execFile);
/** It looks at every QEMU it finds before it answers for the first time. */
const readyWithinMs = 60_000;

/** Null where libvirt is not installed. */
export async function startLibvirt(): Promise<Libvirt | null> {
  if (!existsSync('/usr/sbin/libvirtd') || !existsSync('/usr/bin/virsh')) return null;
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-bench-libvirt-'));
  const config = join(dir, 'qemu.conf');
  writeFileSync(config, 'user = "root"\ngroup = "root"\nsecurity_driver = "none"\nstdio_handler = "logd"\n');
  copyFileSync(guestKernel, join(dir, 'vmlinuz'));
  copyFileSync(guestInitrd, join(dir, 'initrd.gz'));
  const daemon = (program: string) => {
    const script = `mount --bind "$1" /etc/libvirt/qemu.conf && exec "$2"`;
    return spawn('unshare', ['--mount', 'sh', '-c', script, 'sh', config, program], { stdio: 'ignore' });
  };
  const daemons = [daemon('/usr/sbin/virtlogd'), daemon('/usr/sbin/libvirtd')];
  const virsh = async (...args: string[]) =>
    (await run('virsh', ['-q', '-c', 'qemu:///system', ...args])).stdout.trim();
  const version = await untilReady(virsh);
  let count = 0;
  return {
    version,
    async startOnce() {
      count += 1;
      const name = `holdfast-bench-${count}`;
      const log = join(dir, `${name}.log`);
      const file = join(dir, `${name}.xml`);
      writeFileSync(file, domainXml(name, dir, log));
      const started = performance.now();
      await virsh('define', file);
      await virsh('start', name);
      const took = (await firstByteAt(log)) - started;
      await virsh('destroy', name);
      await virsh('undefine', name);
      return took;
    },
    async [Symbol.asyncDispose]() {
      for (const child of daemons.toReversed()) await endChild(child);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function untilReady(virsh: (...args: string[]) => Promise<string>): Promise<string> {
  const version = async () => /library: libvirt (\S+)/.exec(await virsh('version').catch(() => ''))?.[1];
  return await eventually('libvirt answers', version, readyWithinMs);
}

/** The same machine, memory, kernel and devices as the guest of Holdfast has. */
function domainXml(name: string, dir: string, log: string): string {
  return `<domain type='qemu'>
  <name>${name}</name>
  <memory unit='MiB'>128</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    <kernel>${dir}/vmlinuz</kernel>
    <initrd>${dir}/initrd.gz</initrd>
    <cmdline>${String(earlySpeaker['cmdline'])}</cmdline>
  </os>
  <features><acpi/></features>
  <cpu mode='maximum'/>
  <on_poweroff>destroy</on_poweroff>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <controller type='usb' model='none'/>
    <serial type='file'><source path='${log}'/><target port='0'/></serial>
    <memballoon model='virtio'/>
    <rng model='virtio'><backend model='builtin'/></rng>
    <panic model='isa'/>
  </devices>
</domain>
`;
}
