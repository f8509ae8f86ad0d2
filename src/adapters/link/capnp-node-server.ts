import { asUid } from '../../core/kit/brand.ts';
import type { ObservedInstance } from '../../core/node/observation.ts';
import type { ConsoleSession, NodeService } from '../../ports/control-link.ts';
import type { RpcError } from '../../rpc/rpc-error.ts';
import {
  type Console_Write$Params,
  type Console_Write$Results,
  Console$Server,
  type ConsoleViewer$Client,
  type Node$Client,
  Node$Server,
  type Observation,
} from '../../wire/generated/node.ts';
import { bodyOf, hashOfKey } from '../../wire/link/bodies.ts';
import { observationToWire } from '../../wire/link/observation-wire.ts';
import { fromWide } from '../../wire/link/scalars.ts';
import { refusing } from './capnp-fault.ts';

/** The node's service as a capability; `lost` settles when the connection has ended. */
export function serveNode(node: NodeService, lost: Promise<RpcError>): Node$Client {
  const consoles = createOpenConsoles(lost);
  return new Node$Server({
    converge: (params, results, { signal }) => {
      const uid = asUid(params.uid);
      const generation = fromWide(params.generation, 'generation');
      return refusing(results, async () => {
        standaloneToWire(await node.converge(uid, generation, signal), results._initObservation());
      });
    },
    reset: (params, results, { signal }) => {
      const uid = asUid(params.uid);
      return refusing(results, async () => {
        standaloneToWire(await node.reset(uid, signal), results._initObservation());
      });
    },
    openConsole: (params, results, { signal }) => {
      const { scrollbackBytes } = params;
      const uid = asUid(params.uid);
      const viewer = params.viewer.dup();
      return refusing(results, async () => {
        const session = await node
          .openConsole(uid, scrollbackBytes, viewerOf(viewer), signal)
          .catch((error: unknown) => {
            viewer.close();
            throw error;
          });
        const close = consoles.add(session);
        results.incarnationId = session.incarnationId;
        results.historyBytes = session.historyBytes;
        const target = {
          write: (chunk: Console_Write$Params, answer: Console_Write$Results) => {
            const bytes = Uint8Array.from(chunk.bytes.toUint8Array());
            return refusing(answer, () => session.write(bytes));
          },
          // Called when the last reference at the other side is gone.
          [Symbol.dispose]: close,
        };
        results.console = new Console$Server(target).client();
      });
    },
    readLog: (params, results, { signal }) => {
      const { maxBytes } = params;
      const uid = asUid(params.uid);
      return refusing(results, async () => {
        results.log = await node.readLog(uid, maxBytes, signal);
      });
    },
  }).client();
}

/** Closes the consoles that are open when the connection ends; of one that was closed before nothing is kept until then. */
function createOpenConsoles(lost: Promise<RpcError>) {
  const open = new Set<ConsoleSession>();
  let isLost = false;
  lost.then(() => {
    isLost = true;
    for (const session of open) session.close();
    open.clear();
  });
  return {
    /** Returns what closes it, once. */
    add(session: ConsoleSession): () => void {
      if (isLost) session.close();
      else open.add(session);
      return () => {
        if (open.delete(session)) session.close();
      };
    },
  };
}

/** An answer stands alone: it brings the body it refers to. */
function standaloneToWire(instance: ObservedInstance, to: Observation): void {
  observationToWire(instance, to);
  if (instance.incarnation === null) return;
  const { key, json } = bodyOf(instance.incarnation.startedSpec);
  const body = to._initBody();
  body.hash = hashOfKey(key);
  body.json = json;
}

/** A viewer at the other side. `data` settles when the viewer has taken it, so a slow one is felt here and nowhere else. */
function viewerOf(remote: ConsoleViewer$Client): Parameters<NodeService['openConsole']>[2] {
  return {
    async data(bytes) {
      using call = remote.data((params) => {
        params.bytes = bytes;
      });
      await call.promise();
    },
    closed(because) {
      const call = remote.closed((params) => {
        params.because = because;
      });
      call
        .promise()
        .catch(() => undefined)
        .finally(() => {
          call[Symbol.dispose]();
          remote.close();
        });
    },
  };
}
