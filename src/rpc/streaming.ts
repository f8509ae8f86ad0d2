import type { Client, ClientCall } from './capability.ts';
import type { Struct } from './capnp/struct.ts';
import type { Hook } from './hook.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { RpcError } from './rpc-error.ts';

/** Streaming calls of one capability: how much is on its way, who waits, and the first error. */
type Flow = { inFlightBytes: number; failure: { readonly error: unknown } | undefined; waiting: (() => void)[] };

const flows = new WeakMap<Hook, Flow>();

/**
 * Makes a streaming call (`-> stream` in the schema). The promise resolves when the next one may be made: at once
 * while less than `streamWindowBytes` are unacknowledged, else when the callee has caught up. Once a call has failed,
 * this one and all later ones on the same capability reject with its error.
 */
export async function callStream<P extends Struct, R extends Struct>(
  client: Client,
  call: ClientCall<P, R>,
): Promise<void> {
  const { hook } = client;
  const windowBytes = hook.resolved().session?.limits.streamWindowBytes ?? DEFAULT_LIMITS.streamWindowBytes;
  const flow = flowOf(hook);
  throwFailure(flow);
  let bytes = 0;
  let failed: Flow['failure'];
  const paramsFunc = (params: P): void => {
    call.paramsFunc?.(params);
    bytes = params._segment.end;
    flow.inFlightBytes += bytes;
  };
  const answer = client.call({ ...call, paramsFunc });
  answer.outcome.watch(
    () => {
      flow.inFlightBytes -= bytes;
      answer.close();
      if (flow.inFlightBytes < windowBytes) wake(flow);
    },
    (error) => {
      flow.inFlightBytes -= bytes;
      // A lost connection fails later calls by itself, and a reconnecting client gets over it.
      if (!isDisconnected(error)) flow.failure ??= { error };
      else failed = { error };
      wake(flow);
    },
  );
  if (flow.inFlightBytes >= windowBytes) await new Promise<void>((resolve) => flow.waiting.push(resolve));
  if (failed !== undefined) throw failed.error;
  throwFailure(flow);
}

function isDisconnected(error: unknown): boolean {
  return error instanceof RpcError && error.type === 'disconnected';
}

function flowOf(hook: Hook): Flow {
  let flow = flows.get(hook);
  if (flow === undefined) {
    flow = { inFlightBytes: 0, failure: undefined, waiting: [] };
    flows.set(hook, flow);
  }
  return flow;
}

function throwFailure(flow: Flow): void {
  if (flow.failure !== undefined) throw flow.failure.error;
}

function wake(flow: Flow): void {
  const waiting = flow.waiting;
  flow.waiting = [];
  for (const resolve of waiting) resolve();
}
