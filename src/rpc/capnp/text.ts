import { checkTarget, KIND_LIST, locate, target } from './locate.ts';
import { SIZE_BYTE } from './object-size.ts';
import type { Segment } from './segment.ts';

/** Up to here a loop over characters beats the call into native code. */
const SHORT_TEXT_CHARS = 16;

/** Writes a list pointer with `count` elements of `size`. */
export function writeListPointer(segment: Segment, at: number, content: number, size: number, count: number): void {
  segment.view.setInt32(at, (((content - at - 8) >> 3) << 2) | KIND_LIST, true);
  segment.view.setUint32(at + 4, ((count << 3) | size) >>> 0, true);
}

/** Finds the bytes a Text or Data pointer refers to; false when it is null. `target.content` and `byteCount` say where. */
export function locateBytes(segment: Segment, at: number): boolean {
  if (at < 0 || !locate(segment, at)) return false;
  const { message } = target.segment;
  if (target.kind !== KIND_LIST || (target.high & 7) !== SIZE_BYTE) {
    message.malformed('Cannot read text: the pointer is not a list of bytes');
  }
  const length = target.high >>> 3;
  checkTarget(length);
  message.charge(1 + ((length + 7) >>> 3));
  return true;
}

/** Text at the pointer; undefined when it is null. */
export function textAt(segment: Segment, at: number): string | undefined {
  if (!locateBytes(segment, at)) return undefined;
  const found = target.segment;
  const start = target.content;
  const length = target.high >>> 3;
  if (length === 0) return '';
  if (found.bytes[start + length - 1] !== 0) found.message.malformed('Cannot read text: it does not end with NUL');
  return decode(found.bytes, start, start + length - 1);
}

function decode(bytes: Buffer, start: number, end: number): string {
  if (end - start <= SHORT_TEXT_CHARS) {
    let text = '';
    for (let i = start; i < end; i++) {
      const code = bytes[i] ?? 0;
      if (code >= 0x80) return bytes.toString('utf8', start, end);
      text += String.fromCharCode(code);
    }
    return text;
  }
  return bytes.toString('utf8', start, end);
}

/** Writes text with its closing NUL and points the pointer at `at` to it. */
export function writeText(segment: Segment, at: number, value: string): void {
  const length = value.length;
  if (length <= SHORT_TEXT_CHARS) {
    const content = segment.allocate((length + 8) & ~7);
    const bytes = segment.bytes;
    let i = 0;
    for (; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code >= 0x80) break;
      bytes[content + i] = code;
    }
    if (i === length) {
      writeListPointer(segment, at, content, SIZE_BYTE, length + 1);
      return;
    }
    bytes.fill(0, content, segment.end);
    segment.end = content;
  }
  const byteLength = Buffer.byteLength(value);
  const content = segment.allocate((byteLength + 8) & ~7);
  segment.bytes.write(value, content, byteLength, 'utf8');
  writeListPointer(segment, at, content, SIZE_BYTE, byteLength + 1);
}
