import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestClock } from '../fake/testing/test-time.ts';
import { keepInstallation } from './keep-installation.ts';

const found = (accel: 'kvm' | 'tcg', recheckAt: number | null) => ({
  ...({ kind: 'qemu', version: '7.2', accel, accelBecause: 'a probe', machines: ['q35'] } as const),
  ...{ q35: 'pc-q35-7.2', cpuHost: false, tscKhz: null, kvmGroup: null, recheckAt },
});

test('QEMU is looked at once for all who ask, and once more when the verdict on KVM is to be found out anew', async () => {
  const clock = createTestClock();
  const start = clock.bootMs();
  const answers = [found('tcg', start + 60_000), new Error('too busy'), found('kvm', null)];
  let looks = 0;
  const installation = keepInstallation(clock, async () => {
    const answer = answers[looks];
    looks += 1;
    if (answer === undefined || answer instanceof Error) throw answer ?? new Error('asked too often');
    return answer;
  });
  const accels = async (): Promise<readonly string[]> =>
    (await Promise.all([installation(), installation()])).map(({ accel }) => accel);
  assert.deepEqual([await accels(), await accels(), looks], [['tcg', 'tcg'], ['tcg', 'tcg'], 1]);
  await clock.advance(60_000);
  assert.deepEqual([await accels(), looks], [['tcg', 'tcg'], 2], 'what cannot be found out again stays as it was');
  assert.deepEqual([await accels(), await accels(), looks], [['kvm', 'kvm'], ['kvm', 'kvm'], 3]);
});
