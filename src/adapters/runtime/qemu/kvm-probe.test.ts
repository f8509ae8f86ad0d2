import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createSystemClock } from '../../host/system-clock.ts';
import { SANDBOX } from './argv.ts';
import { PROBE_TIMEOUT_MS, probeKvm, selfTestTcg } from './kvm-probe.ts';
import { renderProbeRom } from './kvm-probe-rom.ts';

const dir = mkdtempSync(join(tmpdir(), 'holdfast-probe-'));
const signal = new AbortController().signal;
const deps = {
  clock: createSystemClock(),
  binary: 'qemu-system-x86_64',
  cacheDir: join(dir, 'cache'),
  bootId: 'boot-1',
  version: '7.2',
};
const isMissing = (program: string): string | false =>
  spawnSync(program, ['--version']).error === undefined ? false : `${program} is not installed`;

const looks: NodeJS.Timeout[] = [];

after(() => {
  looks.forEach(clearInterval);
  rmSync(dir, { recursive: true, force: true });
});

test('the probe ROM is what its source assembles to', { skip: isMissing('as') || isMissing('ld') }, () => {
  const source = new URL('./kvm-probe.s', import.meta.url).pathname;
  const [object, binary] = [join(dir, 'p.o'), join(dir, 'p.bin')];
  assert.equal(spawnSync('as', ['-o', object, source]).status, 0);
  const link = ['-m', 'elf_x86_64', '-Ttext', '0xf0000', '--oformat', 'binary', '-o', binary, object, '-e', '_start'];
  assert.equal(spawnSync('ld', link).status, 0);
  assert.ok(readFileSync(binary).equals(renderProbeRom()));
});

test('the probe passes under TCG: the installation can run 64-bit guests', {
  skip: isMissing(deps.binary),
}, async () => {
  const verdict = await selfTestTcg(deps, signal);
  assert.deepEqual(verdict, { usable: true, because: 'a probe guest ran in 64-bit mode', cpuHost: false, hung: false });
});

test('the probe guest runs in the sandbox of every guest (spec §12)', async () => {
  const binary = join(dir, 'qemu');
  const told = join(dir, 'told');
  writeFileSync(binary, `#!/bin/sh\necho "$*" > ${told}\nexit 99\n`, { mode: 0o700 });
  assert.equal((await selfTestTcg({ ...deps, binary }, signal)).usable, true);
  assert.ok(readFileSync(told, 'utf8').includes(SANDBOX.join(' ')));
});

test('a probe whose time is over before it begins starts no process, which nobody would end', async () => {
  const binary = join(dir, 'endless');
  const told = join(dir, 'begun');
  writeFileSync(binary, `#!/bin/sh\necho > ${told}\n`, { mode: 0o700 });
  await assert.rejects(selfTestTcg({ ...deps, binary }, AbortSignal.abort(new Error('too late'))), /too late/);
  assert.equal(existsSync(told), false);
});

test('the verdict on KVM comes within its time limit, with a reason, and is remembered', {
  skip: isMissing(deps.binary),
}, async () => {
  const before = performance.now();
  const verdict = await probeKvm(deps, signal);
  // Two probes, each within its limit; the rest is a busy machine's, where a KVM that hangs would take for ever.
  assert.ok(performance.now() - before < 2 * PROBE_TIMEOUT_MS + 15_000);
  assert.ok(verdict.because.length > 0);
  // Emulated KVM fails in the probe guest; without the device there is nothing to probe.
  if (!existsSync('/dev/kvm'))
    assert.deepEqual([verdict.usable, verdict.because], [false, 'this host has no /dev/kvm']);
  if (existsSync('/sys/module/kvm_pvm')) assert.equal(verdict.usable, false);
  assert.deepEqual(await probeKvm({ ...deps, binary: '/nonexistent' }, signal), verdict, 'from the file');
});

test('a device that is missing or closed is no verdict to remember: it counts again as soon as it can be opened', async () => {
  const device = join(dir, 'kvm');
  const here = { ...deps, device, binary: '/nonexistent', cacheDir: join(dir, 'later') };
  assert.equal((await probeKvm(here, signal)).because, `this host has no ${device}`);
  writeFileSync(device, '');
  assert.match((await probeKvm(here, signal)).because, /could not be started/);
  rmSync(device);
  assert.equal((await probeKvm(here, signal)).because, `this host has no ${device}`, 'nor does an old verdict stand');
});

test('another boot or another QEMU is probed anew; a damaged memory counts as none', async () => {
  const file = join(deps.cacheDir, 'kvm-probe.json');
  const claim = {
    usable: true,
    because: 'claimed',
    cpuHost: true,
    bootId: 'boot-1',
    version: '7.2',
    hangs: 0,
    probedAt: 0,
  };
  const none = { ...deps, binary: '/nonexistent', device: file };
  writeFileSync(file, JSON.stringify(claim));
  assert.equal((await probeKvm(none, signal)).usable, true);
  assert.equal((await probeKvm({ ...none, bootId: 'boot-2' }, signal)).usable, false);
  writeFileSync(file, JSON.stringify(claim));
  assert.equal((await probeKvm({ ...none, version: '10.0' }, signal)).usable, false);
  writeFileSync(file, '{"usable": tr');
  assert.equal((await probeKvm(none, signal)).usable, false);
});

/** A host on which a probe hangs while it is busy, and one with these words always. One that hangs is given up once it runs. */
function aHostThatHangs(name: string, always = 'no such words') {
  const [binary, calm, told, hung] = ['qemu', 'calm', 'told', 'hung'].map((part) => join(dir, `${name}-${part}`)) as [
    ...[string, string, string, string],
  ];
  for (const file of [told, hung]) writeFileSync(file, '');
  const passes = `[ -e ${calm} ] && case "$*" in *'${always}'*) ;; *) exit 99;; esac`;
  writeFileSync(binary, `#!/bin/sh\necho >> ${told}\n${passes}\necho >> ${hung}\nexec sleep 30\n`, { mode: 0o700 });
  const system = createSystemClock();
  const host = {
    nowMs: 0,
    becomeCalm: () => writeFileSync(calm, ''),
    becomeBusy: () => rmSync(calm),
    probes: () => readFileSync(told).length,
    probe: (bootId = 'boot-1') =>
      probeKvm({ ...deps, clock, binary, bootId, device: told, cacheDir: join(dir, name) }, signal),
  };
  const clock = {
    ...system,
    bootMs: () => host.nowMs,
    timeout(ms: number) {
      const over = new AbortController();
      const before = readFileSync(hung).length;
      const look = setInterval(() => readFileSync(hung).length > before && over.abort(), 5);
      const given = AbortSignal.any([over.signal, system.timeout(10 * ms)]);
      given.addEventListener('abort', () => clearInterval(look), { once: true });
      looks.push(look);
      return given;
    },
  };
  return host;
}

test('a probe that hung, as one does on a busy host, is tried again after a while, ever later and five times a boot', async () => {
  const host = aHostThatHangs('busy');
  const at: number[] = [];
  for (host.nowMs = 0; host.nowMs < 10 * 3_600_000; host.nowMs += 60_000) {
    const before = host.probes();
    const verdict = await host.probe();
    assert.equal(verdict.usable, false);
    if (host.probes() > before) at.push(host.nowMs / 60_000);
  }
  assert.deepEqual(at, [0, 1, 5, 21, 85]);
  await host.probe('boot-2');
  assert.equal(host.probes(), 6, 'another boot begins anew');
});

test('KVM that hung once and works the next time is used from then on', async () => {
  const host = aHostThatHangs('calm');
  const { usable, because } = await host.probe();
  assert.deepEqual([usable, because.split('; ').at(-1)], [false, 'it is tried again later']);
  host.becomeCalm();
  host.nowMs = 60_000;
  assert.equal((await host.probe()).usable, true);
  const probes = host.probes();
  host.nowMs = 24 * 3_600_000;
  assert.deepEqual([(await host.probe()).usable, host.probes()], [true, probes]);
});

test('KVM that has run a guest stays proven, though the look at its CPU hung and the host is busy when it is repeated', async () => {
  const host = aHostThatHangs('half', '-cpu host');
  host.becomeCalm();
  const first = await host.probe();
  assert.deepEqual([first.usable, first.cpuHost, host.probes()], [true, false, 2]);
  host.becomeBusy();
  host.nowMs = 60_000;
  const again = await host.probe();
  assert.deepEqual([again.usable, again.cpuHost, host.probes()], [true, false, 3]);
});
