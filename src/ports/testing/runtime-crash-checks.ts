/** Contract of runtimes: death of the process and of the agent. */
import assert from 'node:assert/strict';
import type { ProcessProof } from '../../core/instance/process.ts';
import { asIncarnationId } from '../../core/kit/brand.ts';
import { Fault, faultCode } from '../../core/kit/fault.ts';
import { aNic, type Check, noop, signal } from './runtime-bench.ts';

export function crashChecks(check: Check): void {
  check(
    'a second process of one instance is impossible, in the same incarnation and in another (F4)',
    async (bench) => {
      const { request, proof } = await bench.start({});
      const { runtime } = bench.world;
      await assert.rejects(runtime.spawn(request, signal), (error) => {
        return ['already_started', 'instance_locked'].includes(faultCode(error));
      });
      const other = { ...request, incarnationId: asIncarnationId(bench.world.random.uuid()) };
      await assert.rejects(runtime.spawn(other, signal), (error) => faultCode(error) === 'instance_locked');
      assert.equal((await bench.look(other, null)).process.life, 'none');
      assert.equal((await bench.look(request, proof)).process.life, 'alive', 'the first lives on');
      await runtime.kill(request, proof, signal);
      await assert.rejects(runtime.spawn(request, signal), (error) => faultCode(error) === 'already_started');
      await runtime.clear(request, signal);
      await runtime.spawn(other, signal);
      assert.deepEqual((await bench.look(other, null)).monitor, { kind: 'answered', state: 'frozen' });
    },
  );

  check(
    'tells the proof of its process while it starts; when that cannot be kept, nothing is left of it (F4)',
    async (bench) => {
      const { runtime } = bench.world;
      const request = bench.request({});
      await runtime.realise({ ...request, replaceRoot: false, madeBefore: [] }, signal);
      const told: ProcessProof[] = [];
      const refuses = async (proof: ProcessProof): Promise<void> => {
        told.push(proof);
        assert.deepEqual(await bench.world.host.proveProcess(proof), { life: 'alive' });
        throw new Fault('store_full', 'Cannot write the journal: the disk is full');
      };
      const refused = runtime.spawn({ ...request, onProcess: refuses }, signal);
      await assert.rejects(refused, (error) => faultCode(error) === 'store_full');
      assert.equal((await bench.look(request, null)).process.life, 'dead');
      await runtime.clear(request, signal);

      const again = { ...request, incarnationId: bench.incarnationId() };
      const keeps = async (proof: ProcessProof): Promise<void> => void told.push(proof);
      const proof = await runtime.spawn({ ...again, onProcess: keeps }, signal);
      assert.deepEqual(told.slice(1), [proof]);
      assert.ok(await bench.isIn(again, proof, 'frozen'));
    },
  );

  check('survives the agent: a new one finds it by scan, proves it and goes on with it (F4)', async (bench) => {
    const { request, proof } = await bench.start({});
    await bench.world.runtime.resume(request, signal);
    await bench.world.restartAgent();
    const { runtime } = bench.world;
    const { uid, name, incarnationId } = request;
    assert.deepEqual(await runtime.scan(signal), [{ uid, name, incarnationId, proof }]);
    const evidence = await bench.look(request, proof);
    assert.deepEqual(evidence.process, { life: 'alive', proof });
    assert.deepEqual(evidence.monitor, { kind: 'answered', state: 'running' });
    await runtime.pause(request, signal);
    assert.deepEqual((await bench.look(request, proof)).monitor, { kind: 'answered', state: 'paused' });
  });
}

export function failureChecks(check: Check): void {
  check('a process killed behind its back wakes the watch and is proven dead (S18)', async (bench) => {
    const { request, proof } = await bench.start({});
    let wakes = 0;
    const change = () => {
      wakes += 1;
    };
    const watch = bench.world.runtime.watch(request, proof, { change, reboot: noop });
    await bench.look(request, proof);
    const before = wakes;
    await bench.world.host.killProcess(proof, 'SIGKILL');
    await bench.world.until('the watch to wake', async () => wakes > before);
    await bench.world.until('proof of death', async () => (await bench.look(request, proof)).process.life === 'dead');
    watch.close();
    const { process } = await bench.look(request, proof);
    assert.ok(process.life === 'dead' && !process.oomKilled);
  });

  check('a hung process is alive and its monitor silent, and it can be killed by its proof (F2)', async (bench) => {
    const { request, proof } = await bench.start({});
    await bench.world.runtime.resume(request, signal);
    await bench.look(request, proof);
    await bench.world.hang(proof);
    await bench.world.until('the monitor to fall silent', async () => {
      const { process, monitor, facts } = await bench.look(request, proof);
      assert.deepEqual(process, { life: 'alive', proof });
      return monitor.kind === 'silent' && facts === null;
    });
    await bench.world.runtime.kill(request, proof, signal);
    assert.equal((await bench.world.host.proveProcess(proof)).life, 'dead');
  });

  check(
    'a spawn that fails leaves no process, and its host port goes to who had it first (port_conflict)',
    async (bench) => {
      const port = await bench.world.freePort();
      const forwards = [{ protocol: 'tcp', hostIp: '127.0.0.1', hostPort: port, guestPort: 22 }] as const;
      const first = await bench.start({ nics: [aNic({ forwards })] });
      const second = bench.request({ nics: [aNic({ forwards })] });
      const { runtime } = bench.world;
      await runtime.realise({ ...second, replaceRoot: false, madeBefore: [] }, signal);
      await assert.rejects(runtime.spawn(second, signal), (error) => {
        assert.ok(error instanceof Error);
        assert.equal(faultCode(error), 'port_conflict');
        assert.equal(error instanceof Fault && error.details['host_port'], port);
        assert.doesNotMatch(JSON.stringify(error), new RegExp(second.uid), 'no host path in it (S7)');
        return true;
      });
      assert.notEqual((await bench.look(second, null)).process.life, 'alive');
      assert.equal((await bench.look(first.request, first.proof)).process.life, 'alive');
    },
  );
}
