import { brokenCapability, type Capability, type Client, NULL_CAPABILITY_REASON } from '../capability.ts';
import { RpcError } from '../rpc-error.ts';
import { KIND_OTHER, locate, target } from './locate.ts';
import type { Segment } from './segment.ts';

/** Index into the capability table an interface pointer holds; -1 when it is null. */
export function capabilityIndexAt(segment: Segment, at: number): number {
  if (at < 0 || !locate(segment, at)) return -1;
  if (target.kind !== KIND_OTHER || segment.view.getUint32(at, true) !== KIND_OTHER) {
    segment.message.malformed('Cannot read capability: the pointer is of another kind');
  }
  return target.high;
}

/** The capability an interface pointer names; a null one fails every call. */
export function capabilityAt(segment: Segment, at: number): Capability {
  const index = capabilityIndexAt(segment, at);
  const cap = index < 0 ? undefined : segment.message.cap(index);
  return cap ?? brokenCapability(new RpcError('failed', NULL_CAPABILITY_REASON));
}

/** Puts a capability into the message's table and points at it. The caller keeps its own reference. */
export function setCapabilityAt(segment: Segment, at: number, client: Client): void {
  const { caps } = segment.message;
  caps.push(client.reference());
  segment.view.setUint32(at, KIND_OTHER, true);
  segment.view.setUint32(at + 4, caps.length - 1, true);
}
