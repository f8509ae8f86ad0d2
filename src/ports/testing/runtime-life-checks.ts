/** Contract of runtimes: one process and what may be asked of it. */
import assert from 'node:assert/strict';
import type { GuestState } from '../../core/instance/evidence.ts';
import type { VmSpec } from '../../core/instance/spec.ts';
import { faultCode } from '../../core/kit/fault.ts';
import { aDisk, aNic, type Check, noop, signal } from './runtime-bench.ts';

export function lifeChecks(check: Check): void {
  check('is frozen after spawn, and observe proves it with and without the journaled proof (F4)', async (bench) => {
    const { request, proof } = await bench.start({});
    const known = await bench.look(request, proof);
    assert.deepEqual(known.process, { life: 'alive', proof });
    assert.deepEqual(known.monitor, { kind: 'answered', state: 'frozen' });
    assert.deepEqual(await bench.look(request, null), known, 'the pid file alone tells the same');
    assert.equal((await bench.world.host.proveProcess(proof)).life, 'alive');
  });

  check('resumes, pauses and resets the same process; a second call changes nothing (S8)', async (bench) => {
    const { request, proof } = await bench.start({});
    const { runtime } = bench.world;
    const verbs: readonly (readonly ['resume' | 'pause' | 'reset', GuestState])[] = [
      ['resume', 'running'],
      ['resume', 'running'],
      ['pause', 'paused'],
      ['pause', 'paused'],
      ['resume', 'running'],
      ['reset', 'running'],
    ];
    for (const [verb, state] of verbs) {
      await runtime[verb](request, signal);
      const evidence = await bench.look(request, proof);
      assert.deepEqual(evidence.monitor, { kind: 'answered', state }, `after ${verb}`);
      assert.deepEqual(evidence.process, { life: 'alive', proof });
    }
  });

  check('resets a paused guest without letting it go; it boots anew when it is', async (bench) => {
    const { request, proof } = await bench.start({});
    const { runtime } = bench.world;
    for (const verb of ['resume', 'pause', 'reset'] as const) await runtime[verb](request, signal);
    assert.deepEqual((await bench.look(request, proof)).monitor, { kind: 'answered', state: 'frozen' });
    await runtime.resume(request, signal);
    assert.deepEqual((await bench.look(request, proof)).monitor, { kind: 'answered', state: 'running' });
  });

  check('kill resolves on proof of death; clear leaves no incarnation and remove no instance', async (bench) => {
    const { request, proof } = await bench.start({});
    const { runtime, host } = bench.world;
    await assert.rejects(runtime.clear(request, signal), (error) => faultCode(error) === 'still_running');
    await assert.rejects(runtime.remove(request, signal), (error) => faultCode(error) === 'still_running');
    await runtime.kill(request, proof, signal);
    assert.equal((await host.proveProcess(proof)).life, 'dead');
    assert.equal((await bench.look(request, proof)).process.life, 'dead');
    await runtime.kill(request, proof, signal);
    await runtime.clear(request, signal);
    await runtime.clear(request, signal);
    assert.deepEqual(await bench.look(request, null), {
      process: { life: 'none' },
      monitor: { kind: 'not_asked' },
      facts: null,
    });
    const found = await runtime.scan(signal);
    assert.deepEqual(found, [{ uid: request.uid, name: request.name, incarnationId: null, proof: null }]);
    await runtime.remove(request, signal);
    await runtime.remove(request, signal);
    assert.deepEqual(await runtime.scan(signal), []);
  });
}

export function refusalChecks(check: Check): void {
  check('refuses every verb on an instance without a process with not_running', async (bench) => {
    const request = bench.request({});
    const { runtime } = bench.world;
    await runtime.realise({ ...request, replaceRoot: false, madeBefore: [] }, signal);
    for (const verb of ['resume', 'pause', 'reset', 'powerDown'] as const) {
      await assert.rejects(runtime[verb](request, signal), (error) => faultCode(error) === 'not_running', verb);
    }
    await assert.rejects(runtime.connections(request, 22, signal), (error) => faultCode(error) === 'not_running');
    await assert.rejects(
      runtime.update(request, request.spec, { hostPorts: {}, madeBefore: [] }, signal),
      (e) => faultCode(e) === 'not_running',
    );
    const attached = runtime.attachConsole(request, 0, noop, noop);
    await assert.rejects(attached, (error) => faultCode(error) === 'not_running');
    assert.equal((await runtime.readLog(request, 1_000)).length, 0);
  });

  check('refuses a root disk smaller than its image, and a pool and a network that are not there', async (bench) => {
    const { runtime, withRoot } = bench.world;
    const rejects = async (code: string, fields: Partial<VmSpec>): Promise<void> => {
      const request = bench.request(fields, withRoot);
      const made = runtime
        .realise({ ...request, replaceRoot: false, madeBefore: [] }, signal)
        .then(() => runtime.spawn(request, signal));
      await assert.rejects(made, (error) => faultCode(error) === code, code);
    };
    const tooSmall = { ...withRoot, root: withRoot.root && { ...withRoot.root, virtualSizeBytes: 2 ** 31 } };
    const small = bench.request({ diskGib: 1 }, tooSmall);
    const made = runtime.realise({ ...small, replaceRoot: false, madeBefore: [] }, signal);
    await assert.rejects(made, (error) => faultCode(error) === 'disk_too_small');
    await rejects('volume_unavailable', { disks: [aDisk({ pool: 'fast' })] });
    await rejects('network_unavailable', { nics: [{ ...aNic(), network: 'blue' }] });
  });
}
