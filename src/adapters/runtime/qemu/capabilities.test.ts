import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { withFirmware } from './capabilities.ts';

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
