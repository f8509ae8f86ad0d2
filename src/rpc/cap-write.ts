import { SIZE_COMPOSITE } from './capnp/object-size.ts';
import type { Segment } from './capnp/segment.ts';
import { writeStructPointer } from './capnp/struct.ts';
import { writeListPointer } from './capnp/text.ts';
import { DESCRIPTOR, type Descriptor, type Target } from './envelope.ts';

/** How messages name capabilities: targets of calls, and the table of a payload. Offsets as in envelope-write.ts. */

/** Fills a `MessageTarget` struct that lies at `at`. */
export function writeTarget(segment: Segment, at: number, target: Target): void {
  if (target.kind === 'import') {
    segment.view.setUint32(at, target.id, true);
    return;
  }
  segment.view.setUint16(at + 4, 1, true);
  writePromisedAnswer(segment, at + 8, target.questionId, target.path);
}

function writePromisedAnswer(segment: Segment, at: number, questionId: number, path: readonly number[]): void {
  const data = segment.allocate(16);
  writeStructPointer(segment, at, data, 8, 1);
  segment.view.setUint32(data, questionId, true);
  if (path.length === 0) return;
  const tag = segment.allocate(8 + path.length * 8);
  writeListPointer(segment, data + 8, tag, SIZE_COMPOSITE, path.length);
  segment.view.setUint32(tag, path.length << 2, true);
  segment.view.setUint32(tag + 4, 1, true);
  for (const [i, field] of path.entries()) {
    segment.view.setUint16(tag + 8 + i * 8, 1, true);
    segment.view.setUint16(tag + 10 + i * 8, field, true);
  }
}

/** Fills a `CapDescriptor` struct that lies at `at`. */
export function writeDescriptor(segment: Segment, at: number, descriptor: Descriptor): void {
  segment.view.setUint16(at, DESCRIPTOR[descriptor.which], true);
  if (descriptor.which === 'receiverAnswer') {
    writePromisedAnswer(segment, at + 8, descriptor.questionId, descriptor.path);
  } else if (descriptor.which !== 'none') segment.view.setUint32(at + 4, descriptor.id, true);
}

/** Writes the capability table of a payload, last thing before the message is sent. */
export function writeCapTable(segment: Segment, payloadAt: number, descriptors: readonly Descriptor[]): void {
  const tag = segment.allocate(8 + descriptors.length * 16);
  writeListPointer(segment, payloadAt + 8, tag, SIZE_COMPOSITE, descriptors.length * 2);
  segment.view.setUint32(tag, descriptors.length << 2, true);
  segment.view.setUint32(tag + 4, 0x0001_0001, true);
  for (const [i, descriptor] of descriptors.entries()) writeDescriptor(segment, tag + 8 + i * 16, descriptor);
}
