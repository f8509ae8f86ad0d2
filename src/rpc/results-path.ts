import { BrokenHook } from './broken-hook.ts';
import { capabilityIndexAt } from './capnp/capability-fields.ts';
import type { Pointer } from './capnp/pointer.ts';
import { AnyStruct, pointerAt, structAt } from './capnp/struct.ts';
import type { Hook } from './hook.ts';
import { RpcError } from './rpc-error.ts';

/** The capability at a path of pointer fields; the caller owns one reference. Never throws: a wrong path is broken. */
export function capabilityAtPath(content: Pointer, path: readonly number[]): Hook {
  try {
    let { segment, at, depth } = content;
    for (const field of path) {
      const struct = structAt(AnyStruct, segment, at, depth);
      if (struct === undefined) return nullHook();
      segment = struct._segment;
      depth = struct._depth;
      at = pointerAt(field, struct);
    }
    const index = capabilityIndexAt(segment, at);
    const hook = index < 0 ? undefined : segment.message.cap(index)?.hook;
    if (hook === undefined) return nullHook();
    hook.addRef();
    return hook;
  } catch (error) {
    return new BrokenHook(error);
  }
}

function nullHook(): Hook {
  return new BrokenHook(new RpcError('failed', 'Cannot call: the capability is null'));
}
