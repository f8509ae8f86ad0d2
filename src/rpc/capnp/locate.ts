import type { Segment } from './segment.ts';

/**
 * Following a pointer word. The answer is left in `target`, one object for the whole process, because a fresh result
 * object for every pointer was a third of the time of reading a message. Read it before the next call of `locate`.
 */
export const KIND_STRUCT = 0;
export const KIND_LIST = 1;
const KIND_FAR = 2;
export const KIND_OTHER = 3;

export const target = {
  segment: undefined as unknown as Segment,
  /** Byte offset of the content. */
  content: 0,
  kind: 0,
  /** High half of the pointer word: sizes of a struct or list, index of a capability. */
  high: 0,
};

/** Follows the pointer at `at`. False: it is null. */
export function locate(segment: Segment, at: number): boolean {
  const low = segment.view.getInt32(at, true);
  const high = segment.view.getUint32(at + 4, true);
  if (low === 0 && high === 0) return false;
  if ((low & 3) === KIND_FAR) return locateFar(segment, low, high);
  target.segment = segment;
  target.kind = low & 3;
  target.content = at + 8 + (low >> 2) * 8;
  target.high = high;
  return true;
}

function locateFar(from: Segment, low: number, high: number): boolean {
  const message = from.message;
  const segment = message.segment(high);
  const pad = segment.start + (low >>> 3) * 8;
  const double = (low & 4) !== 0;
  if (pad + (double ? 16 : 8) > segment.end) message.malformed('Cannot follow far pointer: landing pad out of bounds');
  message.charge(1);
  const padLow = segment.view.getInt32(pad, true);
  const padHigh = segment.view.getUint32(pad + 4, true);
  if (!double) {
    if ((padLow & 3) === KIND_FAR) message.malformed('Cannot follow far pointer: it lands on a far pointer');
    return locate(segment, pad);
  }
  if ((padLow & 7) !== KIND_FAR) message.malformed('Cannot follow double far pointer: its landing pad is not far');
  const tagLow = segment.view.getInt32(pad + 8, true);
  target.segment = message.segment(padHigh);
  target.kind = tagLow & 3;
  target.content = target.segment.start + (padLow >>> 3) * 8;
  target.high = segment.view.getUint32(pad + 12, true);
  if (target.kind === KIND_FAR) message.malformed('Cannot follow double far pointer: its tag is far');
  return true;
}

/** Checks that the content found by `locate` lies inside its segment. */
export function checkTarget(byteCount: number): void {
  const { segment, content } = target;
  if (content < segment.start || content + byteCount > segment.end) {
    segment.message.malformed('Cannot follow pointer: its target is out of bounds');
  }
}
