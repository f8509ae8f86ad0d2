import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createSystemClock } from '../../host/system-clock.ts';
import { inspectQemu, withFirmware } from './capabilities.ts';

test('OVMF that is installed while the agent runs counts at once, code and variables together', () => {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-ovmf-'));
  const [code, vars] = [join(dir, 'code.fd'), join(dir, 'vars.fd')] as const;
  const found = {
    ...({ kind: 'qemu', version: '7.2', accel: 'tcg', accelBecause: 'no KVM', machines: ['q35'] } as const),
    ...{ q35: 'pc-q35-7.2', cpuHost: false, tscKhz: null, kvmGroup: null, recheckAt: null },
  };
  const firmwares = () => withFirmware(found, [[code, vars]]).firmwares;
  try {
    assert.deepEqual(firmwares(), ['seabios']);
    writeFileSync(code, '');
    assert.deepEqual(firmwares(), ['seabios']);
    writeFileSync(vars, '');
    assert.deepEqual(firmwares(), ['seabios', 'ovmf']);
    assert.deepEqual(withFirmware(found, [[code, vars]]).ovmf, { code, vars });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

/** A QEMU that answers who it is; `guest` is what it does with a probe guest, which has `probeMs` for it. */
async function inspectWith(guest: string, probeMs: number) {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-inspect-'));
  const binary = join(dir, 'qemu');
  const answers = '--version) echo "QEMU emulator version 7.2.22";; -machine) echo "q35 x (alias of pc-q35-7.2)";;';
  writeFileSync(binary, `#!/bin/sh\ncase $1 in ${answers} *) ${guest};; esac\n`, { mode: 0o700 });
  const system = createSystemClock();
  const clock = {
    ...system,
    timeout: (ms: number, outer?: AbortSignal) => system.timeout(ms === 10_000 ? probeMs : ms, outer),
  };
  const deps = { clock, binary, cacheDir: dir, bootId: 'boot-1', device: join(dir, 'no-kvm') };
  try {
    return await inspectQemu(deps, new AbortController().signal);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

test('a probe guest that hangs on a busy host says nothing of the installation, one that ends wrong does (F2)', async () => {
  assert.equal((await inspectWith('exec sleep 30', 50)).accel, 'tcg');
  await assert.rejects(
    inspectWith('exit 1', 30_000),
    /Cannot run guests with QEMU 7\.2\.22: the probe guest ended with code 1/,
  );
});
