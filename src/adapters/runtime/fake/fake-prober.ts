import type { HealthProber } from '../../../ports/health-prober.ts';
import type { FakeWorld } from './fake-world.ts';

/**
 * Health checks of simulated guests: whoever listens on a forwarded port answers once it is booted. A guest that does not
 * execute answers nobody until the time of the check is over.
 */
export function createFakeProber(world: FakeWorld): HealthProber {
  const probe = async ({ port }: { readonly port: number }, signal: AbortSignal): Promise<string | null> => {
    signal.throwIfAborted();
    const vm = [...world.processes.values()]
      .filter(({ end }) => end === undefined)
      .map((process) => process.vm)
      .find((candidate) => candidate?.nics.some(({ forwards }) => forwards.some(({ hostPort }) => hostPort === port)));
    if (vm === undefined) return 'connection refused';
    if (!vm.isExecuting()) return await untilAborted(signal);
    if (!vm.isBooted() || world.faults.failsChecks(vm.ref.uid)) return 'connection refused';
    return null;
  };
  return { http: probe, tcp: (target, _isAccepted, signal) => probe(target, signal) };
}

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
