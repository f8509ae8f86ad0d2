import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestClock } from '../fake/testing/test-time.ts';
import { keepInstallation } from './keep-installation.ts';

const found = (accel: 'kvm' | 'tcg', recheckAt: number | null) => ({
  ...({ kind: 'qemu', version: '7.2', accel, accelBecause: 'a probe', machines: ['q35'] } as const),
  ...{ q35: 'pc-q35-7.2', cpuHost: false, tscKhz: null, kvmGroup: null, recheckAt },
});

test('QEMU is looked at once for all who ask, and once more, with nobody waiting, when the verdict on KVM is to be found out anew', async () => {
  const clock = createTestClock();
  const start = clock.bootMs();
  const looks: PromiseWithResolvers<ReturnType<typeof found>>[] = [];
  const installation = keepInstallation(clock, () => {
    const look = Promise.withResolvers<ReturnType<typeof found>>();
    looks.push(look);
    return look.promise;
  });
  const accels = async (): Promise<readonly string[]> =>
    (await Promise.all([installation(), installation()])).map(({ accel }) => accel);
  const first = accels();
  looks[0]?.resolve(found('tcg', start + 60_000));
  assert.deepEqual([await first, await accels(), looks.length], [['tcg', 'tcg'], ['tcg', 'tcg'], 1]);
  await clock.advance(60_000);
  assert.deepEqual([await accels(), await accels(), looks.length], [['tcg', 'tcg'], ['tcg', 'tcg'], 2]);
  looks[1]?.reject(new Error('too busy'));
  await clock.settle();
  assert.deepEqual(
    [await accels(), looks.length],
    [['tcg', 'tcg'], 3],
    'what cannot be found out again stays as it was',
  );
  looks[2]?.resolve(found('kvm', null));
  await clock.settle();
  assert.deepEqual([await accels(), looks.length], [['kvm', 'kvm'], 3]);
});

test('a QEMU that could not be looked at is looked at again by the next who asks', async () => {
  const answers = [() => Promise.reject(new Error('none is installed')), async () => found('tcg', null)];
  const installation = keepInstallation(createTestClock(), () => (answers.shift() ?? assert.fail('asked too often'))());
  await assert.rejects(installation(), /none is installed/);
  assert.equal((await installation()).accel, 'tcg');
});
