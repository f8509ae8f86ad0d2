/**
 * `up` itself outlives the control plane that it supervises: where one that was killed is about to be started again, what `up`
 * asks is asked again, as every follower does.
 */
import type { ApiClient } from '../../client/api-client.ts';
import { createPatience } from '../../client/patience.ts';
import { Fault } from '../../core/kit/fault.ts';
import type { Clock } from '../../ports/clock.ts';

/** A control plane that was killed is back within a second or two, one with a large store within some more. */
const backWithinMs = 60_000;

export interface PatienceDeps {
  readonly clock: Clock;
  /** Nothing is waited for any more. */
  readonly interrupted: AbortSignal;
}

/** What is asked must be safe to ask twice: the answer to the first may be what was lost. */
export function patientClient(client: ApiClient, { clock, interrupted }: PatienceDeps, log: string): ApiClient {
  return {
    ...client,
    async request(method, path, request = {}) {
      const patience = createPatience({ sleep: clock.sleep, heardBefore: true });
      const asked = new AbortController();
      const inTime = clock.timeout(backWithinMs, AbortSignal.any([interrupted, asked.signal]));
      try {
        for (;;) {
          try {
            return await client.request(method, path, request);
          } catch (error) {
            await patience.after(error, inTime);
          }
        }
      } catch (error) {
        if (error !== inTime.reason || interrupted.aborted) throw error;
        throw new Fault('server_unreachable', `The control plane is not back after ${backWithinMs / 1_000} s`, {
          details: { next_action: `See ${log}` },
          cause: error,
        });
      } finally {
        asked.abort();
      }
    },
  };
}
