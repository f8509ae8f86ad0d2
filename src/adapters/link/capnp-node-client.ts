import { asIncarnationId } from '../../core/kit/brand.ts';
import { Fault } from '../../core/kit/fault.ts';
import type { ObservedInstance } from '../../core/node/observation.ts';
import type { ConsoleSession, ConsoleViewer, NodeService } from '../../ports/control-link.ts';
import {
  type Console$Client,
  type ConsoleViewer_Closed$Params,
  type ConsoleViewer_Data$Params,
  ConsoleViewer$Server,
  type Node$Client,
  type Observation,
} from '../../wire/generated/node.ts';
import { createKeptBodies } from '../../wire/link/bodies.ts';
import { observationFromWire } from '../../wire/link/observation-wire.ts';
import { toWide } from '../../wire/link/scalars.ts';
import { nodeFault, throwFault } from './capnp-fault.ts';

/** The node behind a capability, as the control plane calls it. `lost` says why its connection is gone, once it is. */
export function remoteNode(remote: Node$Client, name: string, lost: () => string | null): NodeService {
  const ask = async <T>(verb: string, signal: AbortSignal, run: () => Promise<T>): Promise<T> => {
    signal.throwIfAborted();
    const gone = lost();
    if (gone !== null) throw new Fault('node_unreachable', `Cannot call ${verb} on node "${name}": ${gone}`);
    try {
      return await run();
    } catch (error) {
      throw signal.aborted ? signal.reason : nodeFault(error, verb, name);
    }
  };
  return {
    converge: (uid, generation, signal) =>
      ask('converge', signal, async () => {
        using call = remote.converge(
          (params) => {
            params.uid = uid;
            params.generation = toWide(generation);
          },
          { signal },
        );
        const results = await call.promise();
        throwFault(results);
        return standaloneFromWire(results.observation);
      }),
    reset: (uid, signal) =>
      ask('reset', signal, async () => {
        using call = remote.reset(
          (params) => {
            params.uid = uid;
          },
          { signal },
        );
        const results = await call.promise();
        throwFault(results);
        return standaloneFromWire(results.observation);
      }),
    openConsole: (uid, scrollbackBytes, viewer, signal) =>
      ask('openConsole', signal, async () => {
        const served = serveViewer(viewer);
        using call = remote.openConsole(
          (params) => {
            params.uid = uid;
            params.scrollbackBytes = scrollbackBytes;
            params.viewer = served.client;
          },
          { signal },
        );
        const results = await call.promise();
        throwFault(results);
        served.opened();
        return remoteConsole(results.console.dup(), results, name);
      }),
    readLog: (uid, maxBytes, signal) =>
      ask('readLog', signal, async () => {
        using call = remote.readLog(
          (params) => {
            params.uid = uid;
            params.maxBytes = maxBytes;
          },
          { signal },
        );
        const results = await call.promise();
        throwFault(results);
        return Uint8Array.from(results.log.toUint8Array());
      }),
  };
}

function standaloneFromWire(from: Observation): ObservedInstance {
  const bodies = createKeptBodies();
  if (from._hasBody()) bodies.keep(from.body.hash.toUint8Array(), from.body.json.toUint8Array());
  return observationFromWire(from, bodies);
}

/**
 * The viewer as a capability. When the node lets go of it, or the connection ends, it is closed. It hears of that once, and
 * only if the console was `opened`: why it was not, its caller is told.
 */
function serveViewer(viewer: ConsoleViewer) {
  let isOpened = false;
  let ended: string | null = null;
  const close = (because: string) => {
    if (ended !== null) return;
    ended = because;
    if (isOpened) viewer.closed(because);
  };
  const target = {
    data: (params: ConsoleViewer_Data$Params) => viewer.data(Uint8Array.from(params.bytes.toUint8Array())),
    closed: (params: ConsoleViewer_Closed$Params) => close(params.because),
    [Symbol.dispose]: () => close('the connection to the node ended'),
  };
  const opened = (): void => {
    isOpened = true;
    if (ended !== null) viewer.closed(ended);
  };
  return { client: new ConsoleViewer$Server(target).client(), opened };
}

function remoteConsole(
  remote: Console$Client,
  { incarnationId, historyBytes }: { readonly incarnationId: string; readonly historyBytes: number },
  node: string,
): ConsoleSession {
  return {
    incarnationId: asIncarnationId(incarnationId),
    historyBytes,
    async write(bytes) {
      try {
        using call = remote.write((params) => {
          params.bytes = bytes;
        });
        throwFault(await call.promise());
      } catch (error) {
        throw nodeFault(error, 'console.write', node);
      }
    },
    close: () => remote.close(),
  };
}
