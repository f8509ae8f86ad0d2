import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import type { NicSpec, VmSpec } from '../../../core/instance/spec.ts';
import { aSpec, testUid } from '../../../core/instance/testing/builders.ts';
import { asIncarnationId } from '../../../core/kit/brand.ts';
import { faultCode } from '../../../core/kit/fault.ts';
import { type ArgvRequest, type QemuHost, renderArgv } from './argv.ts';
import type { QemuFiles } from './argv-words.ts';
import { SOCKETS } from './layout.ts';

const golden = new URL('./golden/', import.meta.url);

const aHost: QemuHost = {
  binary: 'qemu-system-x86_64',
  accel: 'tcg',
  cpuHost: false,
  q35: 'pc-q35-7.2',
  tscKhz: 2_596_140,
  ovmfCode: '/usr/share/OVMF/OVMF_CODE_4M.fd',
};
const kernelFiles: QemuFiles = {
  root: null,
  kernel: '../kernel-aa',
  initrd: '../initrd-bb',
  disk: (name) => `../disk-${name}.qcow2`,
  seed: null,
  ovmfVars: null,
  consoleLog: '../console.log',
  sockets: SOCKETS,
};
const root = { file: '../root.qcow2', base: { file: '../base-cc', format: 'qcow2' } } as const;
const diskFiles: QemuFiles = { ...kernelFiles, kernel: null, initrd: null, root };

const aNic = (fields: Partial<NicSpec> = {}): NicSpec => ({
  name: 'eth0',
  network: 'user',
  mac: '52:54:00:12:34:56',
  forwards: [
    { protocol: 'tcp', hostIp: '127.0.0.1', hostPort: 0, guestPort: 22 },
    { protocol: 'udp', hostIp: '0.0.0.0', hostPort: 5353, guestPort: 53 },
  ],
  ...fields,
});

function aRequest(spec: Partial<VmSpec>, over: Partial<ArgvRequest> = {}): ArgvRequest {
  return {
    ref: { uid: testUid, name: 'web-1', incarnationId: asIncarnationId('0195a3c1-9d02-7b60-8c11-5a4e0d7f2b33') },
    spec: aSpec(spec),
    host: aHost,
    files: kernelFiles,
    hostPorts: { 'eth0/tcp:127.0.0.1:22': 40022 },
    ...over,
  };
}

const disks = [
  { name: 'data', sizeGib: 2, pool: 'default', ephemeral: false, readOnly: false },
  { name: 'a-name-that-is-longer-than-a-serial', sizeGib: 1, pool: 'default', ephemeral: false, readOnly: true },
];

const cases: Readonly<Record<string, ArgvRequest>> = {
  'kernel-boot': aRequest({}),
  'kernel-boot-default-cmdline': aRequest({ cmdline: null }),
  'disk-boot': aRequest({ cmdline: null }, { files: diskFiles }),
  'disk-boot-raw-base': aRequest(
    { cmdline: null },
    { files: { ...diskFiles, root: { ...root, base: { file: '../base-cc', format: 'raw' } } } },
  ),
  'kernel-and-disk': aRequest({ cmdline: 'root=/dev/vda2 console=ttyS0' }, { files: { ...kernelFiles, root } }),
  'disks-and-seed': aRequest({ disks }, { files: { ...diskFiles, seed: '../seed.iso' } }),
  ovmf: aRequest({ firmwareId: 'ovmf' }, { files: { ...diskFiles, ovmfVars: '../ovmf-vars.fd' } }),
  'nic-with-forwards': aRequest({ nics: [aNic(), aNic({ name: 'eth1', mac: '52:54:00:00:00:01', forwards: [] })] }),
  headroom: aRequest({ cpuCores: 2, cpuCoresMax: 4, memoryMib: 512, memoryMaxMib: 1026 }),
  'headroom-small-guest': aRequest({ memoryMib: 128, memoryMaxMib: 256 }),
  microvm: aRequest({ machine: 'microvm', nics: [aNic()], disks, cpuCoresMax: 4, memoryMaxMib: 1024 }),
  'kvm-host-cpu': aRequest({}, { host: { ...aHost, accel: 'kvm', cpuHost: true } }),
  'kvm-default-cpu': aRequest({}, { host: { ...aHost, accel: 'kvm' } }),
  'commas-are-doubled': aRequest(
    { cmdline: 'a=1,2 console=ttyS0' },
    { files: { ...kernelFiles, root: { ...root, file: '../a,b.qcow2' }, consoleLog: '../a,b.log' } },
  ),
};

for (const [name, request] of Object.entries(cases)) {
  test(`the command line of ${name} is as recorded`, () => {
    const lines = renderLines(renderArgv(request));
    const file = new URL(`${name}.txt`, golden);
    if (!existsSync(file)) {
      // A new case records itself; a changed one is recorded anew by removing its file.
      mkdirSync(golden, { recursive: true });
      writeFileSync(file, lines);
      assert.fail(`recorded ${name}.txt: review it and run again`);
    }
    assert.equal(lines, readFileSync(file, 'utf8'));
  });
}

/** One option a line, so that a difference shows where it is. */
function renderLines(argv: readonly string[]): string {
  return `${argv.reduce((text, arg) => (arg.startsWith('-') ? `${text}\n${arg}` : `${text} ${arg}`))}\n`;
}

test('every command line is frozen, sandboxed and carries its identity (F4, spec §12)', () => {
  for (const request of Object.values(cases)) {
    const argv = renderArgv(request);
    assert.ok(argv.includes('-S'));
    assert.match(argv[argv.indexOf('-sandbox') + 1] ?? '', /^on,.*spawn=deny/);
    assert.equal(argv[argv.indexOf('-uuid') + 1], request.ref.uid);
    assert.ok(argv[argv.indexOf('-name') + 1]?.includes(request.ref.incarnationId));
    assert.equal(argv[argv.indexOf('-action') + 1], 'shutdown=pause,panic=pause');
  }
});

test('what this host cannot run is refused with a code, not started differently', () => {
  const refused = (code: string, request: ArgvRequest): void => {
    assert.throws(
      () => renderArgv(request),
      (error) => faultCode(error) === code,
    );
  };
  refused('hypervisor_spawn_failed', aRequest({ architecture: 'arm64' }));
  refused('hypervisor_spawn_failed', aRequest({ firmwareId: 'ovmf' }, { host: { ...aHost, ovmfCode: null } }));
  const withVars = { files: { ...diskFiles, ovmfVars: '../ovmf-vars.fd' } };
  refused('hypervisor_spawn_failed', aRequest({ firmwareId: 'ovmf', machine: 'microvm' }, withVars));
  refused('network_unavailable', aRequest({ nics: [aNic({ network: 'blue' })] }));
  refused('port_conflict', aRequest({ nics: [aNic()] }, { hostPorts: {} }));
  const forwards = [{ protocol: 'tcp', hostIp: '127.0.0.1,x', hostPort: 1, guestPort: 1 }] as const;
  refused('network_unavailable', aRequest({ nics: [aNic({ forwards })] }));
});

test('a word that the cmdline has already is not said again: what its user says of it stands', () => {
  const appended = (spec: Partial<VmSpec>): string => {
    const argv = renderArgv(aRequest(spec));
    return argv[argv.indexOf('-append') + 1] ?? '';
  };
  const small = { memoryMib: 128, memoryMaxMib: 256 };
  assert.equal(appended({ ...small, cmdline: 'quiet swiotlb=force' }), 'quiet swiotlb=force');
  assert.equal(appended({ machine: 'microvm', cmdline: 'tsc_early_khz=1 quiet' }), 'tsc_early_khz=1 quiet');
});
