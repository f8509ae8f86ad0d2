import type { ProcessProof } from '../../../core/instance/process.ts';
import type { WatchListeners } from '../../../ports/runtime.ts';
import type { FakeContext } from './fake-context.ts';

/** Hears of the end of a process, and of its guest. */
export function watchFake(
  { world, host }: Pick<FakeContext, 'world' | 'host'>,
  proof: ProcessProof,
  { change, reboot }: WatchListeners,
): { close(): void } {
  const exit = host.watchExit(proof, null, change);
  const vm = world.liveProcess(proof)?.vm;
  vm?.listeners.add(change);
  vm?.rebootListeners.add(reboot);
  return {
    close() {
      exit.close();
      vm?.listeners.delete(change);
      vm?.rebootListeners.delete(reboot);
    },
  };
}
