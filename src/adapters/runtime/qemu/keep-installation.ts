import type { Clock } from '../../../ports/clock.ts';
import type { inspectQemu } from './capabilities.ts';

type Inspected = Awaited<ReturnType<typeof inspectQemu>>;

/**
 * What is known of the installed QEMU: found out once, by the first who asks, and again when the verdict on KVM is to be. Nobody
 * waits for that, since the probe of a KVM that hangs takes seconds; and one that cannot be found out again stays as it was known.
 */
export function keepInstallation(clock: Clock, inspect: () => Promise<Inspected>): () => Promise<Inspected> {
  let known: Inspected | undefined;
  let asked: Promise<Inspected> | undefined;
  const ask = async (): Promise<Inspected> => {
    try {
      known = await inspect();
      return known;
    } catch (error) {
      if (known === undefined) throw error;
      return known;
    } finally {
      asked = undefined;
    }
  };
  return async () => {
    if (known === undefined) {
      asked ??= ask();
      return await asked;
    }
    if (known.recheckAt !== null && clock.bootMs() >= known.recheckAt) asked ??= ask();
    return known;
  };
}
