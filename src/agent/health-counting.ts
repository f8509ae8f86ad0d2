/** Where a health check is run, and what is reported of all of an instance: pure. Counting is `core/instance/health.ts`. */
import type { VmFacts } from '../core/instance/evidence.ts';
import type { CheckState } from '../core/instance/health.ts';
import type { HealthCheckSpec, VmSpec } from '../core/instance/spec.ts';
import { exhaustive } from '../core/kit/exhaustive.ts';
import type { ObservedHealth } from '../core/node/observation.ts';

/** Where the host reaches the port of a check, or why it cannot. */
export type CheckTarget =
  | { readonly kind: 'reachable'; readonly host: string; readonly port: number }
  | { readonly kind: 'unreachable'; readonly because: string };

/**
 * A guest on a user-mode network is reached only through a forward; commands need an agent inside the guest.
 */
export function targetOf(check: HealthCheckSpec, nics: VmFacts['nics'] | VmSpec['nics']): CheckTarget {
  const { probe } = check;
  switch (probe.kind) {
    case 'command':
      return { kind: 'unreachable', because: 'commands inside the guest cannot be run from here' };
    case 'tcp':
    case 'http': {
      const forward = nics
        .flatMap(({ forwards }) => forwards)
        .find(({ protocol, guestPort, hostPort }) => protocol === 'tcp' && guestPort === probe.port && hostPort !== 0);
      if (forward === undefined) {
        return { kind: 'unreachable', because: `no forward leads to port ${probe.port} of the guest` };
      }
      const host = forward.hostIp === '0.0.0.0' ? '127.0.0.1' : forward.hostIp;
      return { kind: 'reachable', host, port: forward.hostPort };
    }
    default:
      return exhaustive(probe);
  }
}

/** The summary that is reported; null without checks. */
export function healthOf(
  checks: readonly HealthCheckSpec[],
  states: ReadonlyMap<string, CheckState>,
  unchecked: ObservedHealth['unchecked'],
): ObservedHealth | null {
  if (checks.length === 0) return null;
  const verdicts = checks.map(({ name }) => ({ name, verdict: states.get(name)?.verdict ?? 'unknown' }));
  return {
    passing: verdicts.filter(({ verdict }) => verdict === 'passing').length,
    total: checks.length,
    failing: verdicts.filter(({ verdict }) => verdict === 'failing').map(({ name }) => name),
    unchecked,
  };
}
