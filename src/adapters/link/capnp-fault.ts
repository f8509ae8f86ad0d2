import { Fault } from '../../core/kit/fault.ts';
import { RpcError } from '../../rpc/rpc-error.ts';
import type * as wire from '../../wire/generated/node.ts';
import { Undecodable } from '../../wire/link/decode.ts';
import { faultFromWire, faultToWire } from '../../wire/link/fault-wire.ts';

/** Results of every method of the schema: a refusal travels in them. */
interface Refusable {
  _hasFault(): boolean;
  readonly fault: wire.Fault;
  _initFault(): wire.Fault;
}

/** Throws the refusal the results carry, if any. */
export function throwFault(results: Pick<Refusable, '_hasFault' | 'fault'>): void {
  if (results._hasFault()) throw faultFromWire(results.fault);
}

/** Runs a method; what it throws becomes the refusal in its results. */
export async function refusing(results: Pick<Refusable, '_initFault'>, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    faultToWire(error, results._initFault());
  }
}

/** What the control plane is told when a call to a node broke. */
export function nodeFault(error: unknown, verb: string, node: string): unknown {
  if (!(error instanceof RpcError)) return unreadable(error, `the answer of node "${node}" to ${verb}`);
  if (error.type === 'overloaded' && !error.mayHaveRun) {
    return new Fault('overloaded', `Node "${node}" refused ${verb}: ${error.message}`);
  }
  if (error.type !== 'disconnected') return new Fault('internal', `Node "${node}" failed ${verb}: ${error.message}`);
  if (!error.mayHaveRun) {
    return new Fault('node_unreachable', `Cannot call ${verb} on node "${node}": ${error.message}`);
  }
  const message = `The connection to node "${node}" broke during ${verb}: ${error.message}`;
  return new Fault('outcome_unknown', message, { retry: 'never' });
}

/** What the agent is told when a call to the control plane broke. Its calls may all be repeated. */
export function controlFault(error: unknown, verb: string): unknown {
  if (!(error instanceof RpcError)) return unreadable(error, `the answer of the control plane to ${verb}`);
  if (error.type === 'overloaded')
    return new Fault('overloaded', `The control plane refused ${verb}: ${error.message}`);
  if (error.type === 'disconnected') {
    return new Fault('server_unreachable', `Cannot reach the control plane for ${verb}: ${error.message}`);
  }
  return new Fault('internal', `The control plane failed ${verb}: ${error.message}`);
}

/** A message of a version this one cannot read is a fault of its own; everything else is passed on. */
function unreadable(error: unknown, what: string): unknown {
  return error instanceof Undecodable ? new Fault('bad_answer', `Cannot read ${what}: ${error.message}`) : error;
}
