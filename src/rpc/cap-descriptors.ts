import { BrokenHook } from './broken-hook.ts';
import { writeCapTable } from './cap-write.ts';
import { Capability } from './capability.ts';
import { getUint16, getUint32 } from './capnp/data-fields.ts';
import { listAt } from './capnp/list.ts';
import type { Message } from './capnp/message.ts';
import { ObjectSize } from './capnp/object-size.ts';
import { CompositeList } from './capnp/pointer-lists.ts';
import { AnyStruct, pointerAt, type Struct, structAt } from './capnp/struct.ts';
import { DESCRIPTOR, type Descriptor } from './envelope.ts';
import type { OpenCall } from './envelope-write.ts';
import type { Hook } from './hook.ts';
import { ImportHook } from './import-hook.ts';
import { PipelineHook } from './pipeline-hook.ts';
import { watchPromise } from './promise-exports.ts';
import { RpcError } from './rpc-error.ts';
import type { Session } from './session.ts';

/** Capabilities of a message as the peer has to be told of them. */
export type Described = {
  readonly descriptors: readonly Descriptor[];
  /** Ids exported by this message, one entry a reference. */
  readonly exports: readonly number[];
  /** To be run once the message is written: promises exported for the first time begin to be watched. */
  readonly afterwards: readonly (() => void)[];
};

const NOTHING: Described = { descriptors: [], exports: [], afterwards: [] };

/** Describes every capability of a message; on failure nothing stays exported. */
export function describeCaps(session: Session, message: Message): Described {
  if (message.caps.length === 0) return NOTHING;
  const descriptors: Descriptor[] = [];
  const exports: number[] = [];
  const afterwards: (() => void)[] = [];
  try {
    for (const cap of message.caps) {
      const descriptor = cap === null ? ({ which: 'none' } as const) : describe(session, cap.hook, afterwards);
      descriptors.push(descriptor);
      if (descriptor.which === 'senderHosted' || descriptor.which === 'senderPromise') exports.push(descriptor.id);
    }
  } catch (error) {
    for (const id of exports) session.exports.release(id, 1);
    throw error;
  }
  return { descriptors, exports, afterwards };
}

export function describe(session: Session, capability: Hook, afterwards: (() => void)[]): Descriptor {
  const hook = capability.resolved();
  if (hook.session === session) {
    if (hook instanceof ImportHook) {
      hook.markUsed();
      return { which: 'receiverHosted', id: hook.id };
    }
    if (hook instanceof PipelineHook) {
      hook.markUsed();
      return { which: 'receiverAnswer', questionId: hook.questionId, path: hook.path };
    }
  }
  const { id, entry, fresh } = session.exports.add(hook);
  if (hook.whenResolved === undefined) return { which: 'senderHosted', id };
  if (fresh) afterwards.push(() => watchPromise(session, id, entry));
  return { which: 'senderPromise', id };
}

/** Writes them into the table of the message's payload. */
export function writeDescribed(open: OpenCall, { descriptors, afterwards }: Described): void {
  if (descriptors.length === 0) return;
  writeCapTable(open.message.first, open.payloadAt, descriptors);
  for (const watch of afterwards) watch();
}

/** A struct of rpc.capnp, read by offset. */
const DescriptorList = CompositeList(
  class extends AnyStruct {
    static override readonly _capnp = { displayName: 'CapDescriptor', size: new ObjectSize(8, 1) };
  },
);

/** Takes in the capability table of a received payload: the message owns what it names. */
export function receiveCaps(session: Session, message: Message, payload: Struct): void {
  const list = listAt(DescriptorList, payload._segment, pointerAt(1, payload), payload._depth);
  if (list === undefined || list.length === 0) return;
  const limit = session.limits.capsPerMessage;
  if (list.length > limit) session.violation(`${list.length} capabilities in one message, the limit is ${limit}`);
  const caps: (Capability | null)[] = [];
  message.caps = caps;
  try {
    for (let i = 0; i < list.length; i++) {
      const hook = receiveCap(session, list.get(i));
      caps.push(hook === undefined ? null : new Capability(hook));
    }
  } catch (error) {
    message.releaseCaps();
    throw error;
  }
}

/** The capability a descriptor stands for, with one reference; undefined for none. */
export function receiveCap(session: Session, descriptor: Struct): Hook | undefined {
  const id = getUint32(4, descriptor);
  switch (getUint16(0, descriptor)) {
    case DESCRIPTOR.none:
      return undefined;
    case DESCRIPTOR.senderHosted:
      return session.imports.receive(id, false);
    case DESCRIPTOR.senderPromise:
      return session.imports.receive(id, true);
    case DESCRIPTOR.receiverHosted: {
      const { hook } = session.exports.get(id) ?? session.violation(`receiverHosted ${id} is not exported`);
      hook.addRef();
      return hook;
    }
    case DESCRIPTOR.receiverAnswer:
      return answerCap(session, descriptor, 0);
    case DESCRIPTOR.thirdPartyHosted: {
      // Level 3 is not spoken here: the vine, a plain capability, does the same work through the peer.
      const third = structAt(AnyStruct, descriptor._segment, pointerAt(0, descriptor), descriptor._depth);
      if (third === undefined) return session.violation('thirdPartyHosted without a descriptor');
      return session.imports.receive(getUint32(0, third), false);
    }
    default:
      return new BrokenHook(
        new RpcError('unimplemented', 'Cannot use capability: its descriptor is of an unknown kind'),
      );
  }
}

const OpList = CompositeList(
  class extends AnyStruct {
    static override readonly _capnp = { displayName: 'PromisedAnswer.Op', size: new ObjectSize(8, 0) };
  },
);

/** The capability a PromisedAnswer (pointer `index` of `holder`) stands for, with one reference. */
export function answerCap(session: Session, holder: Struct, index: number): Hook {
  const promised = structAt(AnyStruct, holder._segment, pointerAt(index, holder), holder._depth);
  if (promised === undefined) return session.violation('a promised answer is missing');
  const id = getUint32(0, promised);
  const answer = session.answers.get(id) ?? session.violation(`promised answer ${id} does not exist`);
  if (answer.finished) return new BrokenHook(new RpcError('failed', 'Cannot call: the answer was finished'));
  return answer.capabilities.ask(readPath(session, promised));
}

function readPath(session: Session, promised: Struct): number[] {
  const ops = listAt(OpList, promised._segment, pointerAt(0, promised), promised._depth);
  const path: number[] = [];
  if (ops === undefined) return path;
  const limit = session.limits.nesting;
  if (ops.length > limit) session.violation(`a path of ${ops.length} steps, the limit is ${limit}`);
  for (let i = 0; i < ops.length; i++) {
    const op = ops.get(i);
    const kind = getUint16(0, op);
    if (kind === 1) path.push(getUint16(2, op));
    else if (kind !== 0) session.violation(`a path step of unknown kind ${kind}`);
  }
  return path;
}
